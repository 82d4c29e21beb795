import path from 'node:path';
import type { Log } from '@lateen/kit';
import { Informer, type KubeClient, resources } from '@lateen/kube';
import type { NamespaceGate } from '../kubelet/linux/namespaces.ts';
import { parseCidr, toAddress } from './addresses.ts';
import { Backends } from './backends.ts';
import type { DnsSource } from './dns/resolve.ts';
import { DnsServer } from './dns/server.ts';
import { hostResolver, startEgress } from './egress.ts';
import { HostLink } from './host-link.ts';
import { Ipam } from './ipam.ts';
import { NodePortReceiver } from './node-port-receiver.ts';
import { PodNetworks } from './pod-network.ts';
import { ServiceProxy } from './service-proxy.ts';

export interface NodeNetworkOptions {
  readonly client: KubeClient;
  readonly gate: NamespaceGate;
  /** Where the pods' addresses are remembered. */
  readonly directory: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsAddress: string;
  readonly apiSocketPath: string;
  readonly log: Log;
}

export interface NodeNetwork {
  readonly ipam: Ipam;
  readonly networks: PodNetworks;
  readonly backends: Backends;
  close(): Promise<void>;
}

const clusterDomain = 'cluster.local';

/** Everything of the node's network: links, service addresses, DNS, node ports. Resolves when all of it works. */
export async function startNodeNetwork(options: NodeNetworkOptions): Promise<NodeNetwork> {
  const { client, gate, log } = options;
  // Before anything is waited for: the host may have sent node ports already, and the first listener gets them.
  const backends = new Backends(client);
  const nodePorts = new NodePortReceiver(backends, process, log);
  const host = new HostLink();
  const ipam = new Ipam(path.join(options.directory, 'addresses.json'), options.podCidr);
  const networks = new PodNetworks(gate, ipam, options);
  await networks.start();
  const egress = await startEgress(networks, host, log);
  const namespaces = new Informer(client, resources.namespaces).start();
  await Promise.all([backends.start(), namespaces.synced]);
  const source = dnsSource(backends, namespaces);
  const dns = new DnsServer({
    address: options.dnsAddress,
    domain: clusterDomain,
    source,
    upstream: hostResolver(host),
    log,
  });
  await dns.start();
  const apiAddress = toAddress(parseCidr(options.serviceCidr).first + 1);
  const proxy = new ServiceProxy({ backends, apiAddress, apiSocketPath: options.apiSocketPath, log });
  await proxy.start();
  nodePorts.start();
  return {
    ipam,
    networks,
    backends,
    async close() {
      nodePorts.close();
      proxy.close();
      dns.close();
      egress.close();
      host.close();
      await Promise.all([backends.stop(), namespaces.stop()]);
    },
  };
}

function dnsSource(backends: Backends, namespaces: Informer): DnsSource {
  backends.services.addIndex('address', ({ spec }) => [spec.clusterIP ?? '']);
  return {
    service: (namespace, name) => backends.services.store.get(name, namespace),
    slices: (namespace, service) => backends.slicesOf(namespace, service),
    namespaceExists: (name) => namespaces.store.get(name) !== undefined,
    serviceByAddress: (address) => backends.services.store.byIndex('address', address)[0],
  };
}
