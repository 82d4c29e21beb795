import { mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '@lateen/kit';
import { createEventRecorder, Informer, resources } from '@lateen/kube';
import { parseCidr, toAddress } from '../network/addresses.ts';
import { Backends } from '../network/backends.ts';
import { DnsServer } from '../network/dns/server.ts';
import { Ipam } from '../network/ipam.ts';
import { NodePortReceiver } from '../network/node-port-receiver.ts';
import { PodNetworks } from '../network/pod-network.ts';
import { ServiceProxy } from '../network/service-proxy.ts';
import { inspectHost } from './container/host.ts';
import type { NodeContext } from './context.ts';
import { startHeartbeat } from './heartbeat.ts';
import { closeOnExec } from './linux/libc.ts';
import { NamespaceGate } from './linux/namespaces.ts';
import { nodeResources, registerNode } from './node-status.ts';
import type { Node, NodeOptions } from './options.ts';
import { Pods } from './pods.ts';
import { startReaper } from './reaper.ts';
import { LiveReferences } from './references.ts';
import { startNodeServer } from './server/index.ts';

const clusterDomain = 'cluster.local';
/** Time that containers get to end when the node does. */
const shutdownGrace = 3_000;

/**
 * Runs the node in this process, which `nodeCommand` has put into namespaces of its own: pod network, DNS, service
 * addresses, the pods bound to the node, and the server for logs, exec and port-forward. Resolves when pods are run.
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  process.chdir('/');
  process.umask(0o022);
  for (const fd of readdirSync('/proc/self/fd')) if (Number(fd) > 2) closeOnExec(Number(fd));
  const directory = path.join(options.stateDir, 'node');
  const podsDirectory = path.join(directory, 'pods');
  const mountPoint = path.join(directory, 'root');
  for (const folder of [podsDirectory, mountPoint]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { client, log, nodeName } = options;
  const gate = new NamespaceGate();
  const ipam = new Ipam(path.join(directory, 'addresses.json'), options.podCidr);
  const networks = new PodNetworks(gate, ipam, options);
  await networks.start();
  const backends = new Backends(client);
  const references = new LiveReferences(client);
  const namespaces = new Informer(client, resources.namespaces).start();
  const allocatable = nodeResources();
  const facts = {
    name: nodeName,
    address: networks.gateway,
    podCidr: options.podCidr,
    allocatable,
    bootId: bootId(),
  };
  const register = () => registerNode(client, facts, new Date().toISOString().replace(/\.\d+Z$/, 'Z'));
  await Promise.all([backends.start(), references.start(), namespaces.synced]);
  const context: NodeContext = {
    client,
    gate,
    networks,
    host: inspectHost(),
    places: placesOf(options),
    references,
    services: () => backends.services.store.list(),
    nodeName,
    dnsAddress: options.dnsAddress,
    allocatable,
    dataPlane: { name: options.dataPlane, envoyPath: options.envoyPath },
    podsDirectory,
    mountPoint,
    events: createEventRecorder(client, { component: 'kubelet', host: nodeName, log }),
    log,
    clock: systemClock,
  };
  const dns = new DnsServer({
    address: options.dnsAddress,
    domain: clusterDomain,
    source: dnsSource(backends, namespaces),
    log,
  });
  await dns.start();
  const apiAddress = toAddress(parseCidr(options.serviceCidr).first + 1);
  const proxy = new ServiceProxy({ backends, apiAddress, apiSocketPath: options.apiSocketPath, log });
  await proxy.start();
  const nodePorts = new NodePortReceiver(backends, process, log);
  const pods = new Pods(context);
  references.onChange((object) => pods.referenceChanged(object));
  const server = await startNodeServer(options.nodeSocketPath, { pods, context });
  await register();
  const stopHeartbeat = startHeartbeat(client, nodeName, register, log);
  const stopReaper = startReaper();
  await pods.start(ipam);
  log.info('the node is ready', { address: networks.gateway });
  return {
    async close() {
      stopHeartbeat();
      stopReaper();
      nodePorts.close();
      await pods.close(shutdownGrace);
      server.close();
      proxy.close();
      dns.close();
      await Promise.all([backends.stop(), references.stop(), namespaces.stop()]);
      gate.close();
    },
  };
}

function placesOf({ projectRoot, stateDir }: NodeOptions) {
  return {
    projectRoot: realpathSync(projectRoot),
    node: realpathSync(process.execPath),
    userFile: path.join(path.dirname(stateDir), 'images.yaml'),
  };
}

function dnsSource(backends: Backends, namespaces: Informer) {
  backends.services.addIndex('address', ({ spec }) => [spec.clusterIP ?? '']);
  return {
    service: (namespace: string, name: string) => backends.services.store.get(name, namespace),
    slices: (namespace: string, service: string) => backends.slicesOf(namespace, service),
    namespaceExists: (name: string) => namespaces.store.get(name) !== undefined,
    serviceByAddress: (address: string) => backends.services.store.byIndex('address', address)[0],
  };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '00000000-0000-0000-0000-000000000000';
  }
}
