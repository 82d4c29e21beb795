import { closeSync, writeFileSync } from 'node:fs';
import { type Server, Socket } from 'node:net';
import { openTcpListener, openTcpSocket } from '../kubelet/linux/libc.ts';
import {
  closeNamespaces,
  type NamespaceFds,
  type NamespaceGate,
  openCurrentNamespaces,
} from '../kubelet/linux/namespaces.ts';
import { toNumber } from './addresses.ts';
import { ipBatch } from './ip.ts';
import type { Ipam } from './ipam.ts';
import {
  attachCommands,
  egressCommands,
  egressLinkCommands,
  innerCommands,
  innerSettings,
  type NodeAddresses,
  nodeCommands,
  outerCommands,
  outerSettings,
  plainPodCommands,
} from './links.ts';
import { joinLoopbacks } from './sidecar-loopback.ts';

/** A pod's network: the application's namespace, and the sidecar's where there is one (else the same). */
export interface PodNetwork {
  readonly address: string;
  readonly application: NamespaceFds;
  readonly sidecar: NamespaceFds;
  /** Listeners that belong to the pod. */
  readonly servers: readonly Server[];
}

/** Lays out the node's network and the pods'. Nothing of it outlives the node's own namespace. */
export class PodNetworks {
  readonly #gate: NamespaceGate;
  readonly #ipam: Ipam;
  readonly #nodes: NodeAddresses;

  constructor(gate: NamespaceGate, ipam: Ipam, cidrs: { podCidr: string; serviceCidr: string }) {
    this.#gate = gate;
    this.#ipam = ipam;
    this.#nodes = { ...cidrs, gateway: ipam.gateway };
  }

  /** The node's own address. */
  get gateway(): string {
    return this.#nodes.gateway;
  }

  async start(): Promise<void> {
    await ipBatch(nodeCommands(this.#nodes));
    writeSettings({ 'ipv4/ip_forward': '1', 'ipv4/ip_unprivileged_port_start': '0' });
  }

  /** Lays out a pod's network. Rejects when that fails; nothing is left of it then but the pod's address. */
  async create(podUid: string, withSidecar: boolean): Promise<PodNetwork> {
    const address = this.#ipam.allocate(podUid);
    const outer = this.#newNamespace();
    const inner = withSidecar ? this.#newNamespace() : outer;
    try {
      const link = `p${toNumber(address).toString(16)}`;
      await ipBatch(attachCommands(link, 3), { descriptors: [outer.net!] });
      if (withSidecar) await this.#layOutPair(address, outer, inner);
      else await this.#gate.within(outer, [], () => ipBatch(plainPodCommands(address, this.#nodes)));
    } catch (error) {
      closeNamespaces(outer);
      if (withSidecar) closeNamespaces(inner);
      throw error;
    }
    const network = { address, application: inner, sidecar: outer, servers: [] };
    return withSidecar ? { ...network, servers: joinLoopbacks(this, network) } : network;
  }

  async #layOutPair(address: string, outer: NamespaceFds, inner: NamespaceFds): Promise<void> {
    const commands = outerCommands(address, this.#nodes, 3);
    await this.#gate.within(outer, [], () => ipBatch(commands, { descriptors: [inner.net!] }));
    this.#gate.within(outer, [], () => writeSettings(outerSettings()));
    await this.#gate.within(inner, [], () => ipBatch(innerCommands(address)));
    this.#gate.within(inner, [], () => writeSettings(innerSettings()));
  }

  /** The namespace that takes what leaves the cluster. Whoever asked for it closes it. */
  async createEgress(): Promise<NamespaceFds> {
    const egress = this.#newNamespace();
    await ipBatch(egressLinkCommands(3), { descriptors: [egress.net!] });
    await this.#gate.within(egress, [], () => ipBatch(egressCommands()));
    return egress;
  }

  /** The network of a pod that asks for the node's own. */
  ofNode(): PodNetwork {
    return { address: this.gateway, application: {}, sidecar: {}, servers: [] };
  }

  /** Lets go of the namespaces (they end with their last process) and, unless the pod comes back, of its address. */
  remove(podUid: string, network: PodNetwork): void {
    for (const server of network.servers) server.close();
    closeNamespaces(network.application);
    if (network.sidecar !== network.application) closeNamespaces(network.sidecar);
    this.#ipam.release(podUid);
  }

  /** A connection from inside a namespace. It is connecting; errors arrive as events. */
  dial(namespace: NamespaceFds, host: string, port: number): Socket {
    const fd = this.#gate.within(namespace, [], openTcpSocket);
    return new Socket({ fd, manualStart: true, allowHalfOpen: true } as object).connect(port, host);
  }

  /** A descriptor that listens inside a namespace, for `server.listen({ fd })`. */
  listen(namespace: NamespaceFds, host: string, port: number): number {
    return this.#gate.within(namespace, [], () => openTcpListener(host, port, closeSync));
  }

  #newNamespace(): NamespaceFds {
    return this.#gate.within({}, ['net'], () => openCurrentNamespaces(['net']));
  }
}

function writeSettings(settings: Record<string, string>): void {
  for (const [name, value] of Object.entries(settings)) writeFileSync(`/proc/sys/net/${name}`, value);
}
