import { mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '@lateen/kit';
import { createEventRecorder } from '@lateen/kube';
import { startNodeNetwork } from '../network/node-network.ts';
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

/** Time that containers get to end when the node does. */
const shutdownGrace = 3_000;

/**
 * Runs the node in this process, which `nodeCommand` has put into namespaces of its own: pod network, DNS, service
 * addresses, the pods bound to the node, and the server for logs, exec and port-forward. Resolves when pods are run.
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  const { client, log, nodeName, podCidr } = options;
  const { directory, podsDirectory, mountPoint } = prepareProcess(options.stateDir);
  const gate = new NamespaceGate();
  const references = new LiveReferences(client);
  const [network] = await Promise.all([
    startNodeNetwork({ ...options, gate, directory }),
    references.start(),
  ]);
  const context: NodeContext = {
    client,
    gate,
    networks: network.networks,
    host: inspectHost(),
    places: placesOf(options),
    references,
    services: () => network.backends.services.store.list(),
    nodeName,
    dnsAddress: options.dnsAddress,
    allocatable: nodeResources(),
    dataPlane: { name: options.dataPlane, envoyPath: options.envoyPath },
    podsDirectory,
    mountPoint,
    events: createEventRecorder(client, { component: 'kubelet', host: nodeName, log }),
    log,
    clock: systemClock,
  };
  const pods = new Pods(context);
  references.onChange((object) => pods.referenceChanged(object));
  const server = await startNodeServer(options.nodeSocketPath, { pods, context });
  const stopReporting = await startReporting(context, podCidr);
  const stopReaper = startReaper();
  await pods.start(network.ipam);
  log.info('the node is ready', { address: context.networks.gateway });
  return {
    async close() {
      stopReporting();
      stopReaper();
      await pods.close(shutdownGrace);
      server.close();
      await Promise.all([network.close(), references.stop()]);
      gate.close();
    },
  };
}

/** The directories that the node uses, and a process that keeps nothing of where it was started. */
function prepareProcess(stateDir: string) {
  process.chdir('/');
  process.umask(0o022);
  for (const fd of readdirSync('/proc/self/fd')) if (Number(fd) > 2) closeOnExec(Number(fd));
  const directory = path.join(stateDir, 'node');
  const podsDirectory = path.join(directory, 'pods');
  const mountPoint = path.join(directory, 'root');
  for (const folder of [podsDirectory, mountPoint]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { directory, podsDirectory, mountPoint };
}

async function startReporting(context: NodeContext, podCidr: string): Promise<() => void> {
  const { client, nodeName, allocatable, networks, log } = context;
  const facts = { name: nodeName, address: networks.gateway, podCidr, allocatable, bootId: bootId() };
  const register = () => registerNode(client, facts, new Date().toISOString().replace(/\.\d+Z$/, 'Z'));
  await register();
  return startHeartbeat(client, nodeName, register, log);
}

function placesOf({ projectRoot, stateDir }: NodeOptions) {
  return {
    projectRoot: realpathSync(projectRoot),
    node: realpathSync(process.execPath),
    userFile: path.join(path.dirname(stateDir), 'images.yaml'),
  };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '00000000-0000-0000-0000-000000000000';
  }
}
