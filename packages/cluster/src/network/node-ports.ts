import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import net from 'node:net';
import { delay, type Log } from '@lateen/kit';
import {
  createEventRecorder,
  type EventRecorder,
  Informer,
  type KubeClient,
  type KubeObject,
  objectKey,
  resources,
} from '@lateen/kube';
import { openTcpListener } from '../kubelet/linux/libc.ts';
import { serveHostRequests } from './host-link.ts';

export interface NodePortOptions {
  readonly client: KubeClient;
  /** Address of the host on which the ports listen. */
  readonly address: string;
  readonly log: Log;
}

export interface NodePorts {
  /**
   * Makes this process the one that accepts on the ports, and serves it with connections and names outside of the
   * cluster; call it again for the node that takes its place.
   */
  attach(node: ChildProcess): void;
  /** Ports that Services ask for and other processes of the host have, in order. */
  taken(): readonly number[];
  close(): void;
}

interface Wanted {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly nodePort: number;
}

const retryDelay = 5_000;

/**
 * The host's end of node ports: listens on the ports that Services ask for, and hands the sockets to the node, which
 * accepts on them from within its own namespace. While the node is restarted, connections wait in the kernel's queue.
 */
export function startNodePorts(options: NodePortOptions): NodePorts {
  return new HostPorts(options);
}

class HostPorts implements NodePorts {
  readonly #options: NodePortOptions;
  readonly #services: Informer;
  readonly #events: EventRecorder;
  readonly #open = new Map<number, { wanted: Wanted; handle: { close(): void } }>();
  readonly #taken = new Set<number>();
  readonly #stop = new AbortController();
  #node: ChildProcess | undefined;

  constructor(options: NodePortOptions) {
    this.#options = options;
    const { client, log } = options;
    this.#events = createEventRecorder(client, { component: 'node-ports', log });
    this.#services = new Informer(client, resources.services, { log }).start();
    const update = () => this.#update();
    this.#services.on({ add: update, update, delete: update });
    void this.#retryTaken();
  }

  attach(node: ChildProcess): void {
    if (this.#node !== node) serveHostRequests(node);
    this.#node = node;
    for (const { wanted, handle } of this.#open.values()) this.#send(wanted, handle);
  }

  taken(): readonly number[] {
    return [...this.#taken].sort((a, b) => a - b);
  }

  close(): void {
    this.#stop.abort();
    void this.#services.stop();
    for (const { handle } of this.#open.values()) handle.close();
    this.#open.clear();
  }

  #update(): void {
    if (this.#stop.signal.aborted) return;
    const wanted = new Map<number, { wanted: Wanted; service: KubeObject }>();
    for (const service of this.#services.store.list()) {
      for (const port of nodePortsOf(service)) wanted.set(port.nodePort, { wanted: port, service });
    }
    for (const [nodePort, { wanted: old, handle }] of this.#open) {
      const now = wanted.get(nodePort)?.wanted;
      if (now && sameTarget(now, old)) continue;
      handle.close();
      this.#open.delete(nodePort);
      this.#tell({ type: 'node-port-gone', nodePort });
    }
    for (const nodePort of this.#taken) if (!wanted.has(nodePort)) this.#taken.delete(nodePort);
    for (const entry of wanted.values()) this.#listen(entry.wanted, entry.service);
  }

  #listen(wanted: Wanted, service: KubeObject): void {
    const { nodePort } = wanted;
    if (this.#open.has(nodePort)) return;
    const { address, log } = this.#options;
    try {
      const handle = listeningHandle(address, nodePort);
      this.#open.set(nodePort, { wanted, handle });
      this.#taken.delete(nodePort);
      log.info('node port', { service: objectKey(service), address, nodePort });
      this.#send(wanted, handle);
    } catch (error) {
      if (this.#taken.has(nodePort)) return;
      this.#taken.add(nodePort);
      const message = describeRefusal(error as NodeJS.ErrnoException, address, nodePort);
      log.warn(message, { service: objectKey(service) });
      this.#events.event(
        { ...service, apiVersion: 'v1', kind: 'Service' },
        'Warning',
        'NodePortTaken',
        message,
      );
    }
  }

  #send(wanted: Wanted, handle: unknown): void {
    this.#tell({ type: 'node-port', ...wanted }, handle);
  }

  #tell(message: object, handle?: unknown): void {
    const node = this.#node;
    if (!node?.connected) return;
    node.send(message, handle as never, {}, (error) => {
      if (error) this.#options.log.debug('the node did not take a node port', { error });
    });
  }

  async #retryTaken(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await delay(retryDelay, this.#stop.signal).catch(() => {});
      if (this.#taken.size > 0) this.#update();
    }
  }
}

/** The node ports of a service; TCP only. */
export function nodePortsOf(service: KubeObject): Wanted[] {
  const { type, ports = [] } = service.spec;
  if (type !== 'NodePort' && type !== 'LoadBalancer') return [];
  return ports
    .filter(({ nodePort, protocol = 'TCP' }: any) => nodePort && protocol === 'TCP')
    .map(({ nodePort, port }: any) => ({
      namespace: service.metadata.namespace!,
      service: service.metadata.name!,
      port,
      nodePort,
    }));
}

function sameTarget(a: Wanted, b: Wanted): boolean {
  return a.namespace === b.namespace && a.service === b.service && a.port === b.port;
}

/**
 * A socket that listens without anybody accepting in this process, in a form that can be sent to another one. A
 * `net.Server` would begin to accept here.
 */
function listeningHandle(address: string, port: number): { close(): void } {
  const fd = openTcpListener(address, port, closeSync);
  const create = (
    net as unknown as { _createServerHandle: (...args: unknown[]) => { close(): void } | number }
  )._createServerHandle;
  const handle = create(null, 0, -1, fd);
  if (typeof handle !== 'number') return handle;
  closeSync(fd);
  throw new Error(`the socket of port ${port} cannot be used: ${handle}`);
}

function describeRefusal(error: NodeJS.ErrnoException, address: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `node port taken: ${address}:${port} is in use by another process; it is tried again, or give the Service another nodePort`;
  }
  return `${address}:${port} cannot be listened on: ${error.message}`;
}
