/**
 * From the API server's answer to a write of a route until the gateway and every sidecar serve it, and whether a request fails
 * meanwhile: `tools/run bench/propagation.ts [CHANGES]`. Each change numbers a response header of the route to `ratings`; a
 * probe in every pod, and one at the gateway, asks all the time and says when it sees the number.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { delay } from '@lateen/kit';
import { createKubeClient, type KubeObject, loadKubeconfig, type ResourceId, resources } from '@lateen/kube';
import { projectRoot, TestCluster } from '../e2e/support/cluster.ts';
import { describeMachine, percentile } from './support/machine.ts';

const changes = Number(process.argv[2] ?? 200);
const virtualServices: ResourceId = {
  group: 'networking.istio.io',
  version: 'v1',
  resource: 'virtualservices',
};
const probeScript = path.join(projectRoot, 'bench/support/probe.mjs');

interface Probe {
  readonly name: string;
  readonly process: ChildProcess;
  /** When each number was first seen, in Unix milliseconds. */
  readonly seen: Map<string, number>;
  sent: number;
  failed: number;
}

console.log(describeMachine());
const cluster = new TestCluster({ demo: true });
try {
  await cluster.up();
  await measure();
} finally {
  await cluster.remove();
}

async function measure(): Promise<void> {
  const client = createKubeClient(loadKubeconfig(`${cluster.home}/h/t/kubeconfig`));
  await client.create(virtualServices, virtualService(0) as KubeObject);
  const service = await client.get(resources.services, 'ratings', 'default');
  const probes = [await startGatewayProbe(), ...(await startPodProbes(service.spec.clusterIP))];
  await waitFor(probes, '0');
  const times: number[] = [];
  for (let change = 1; change <= changes; change++) {
    await client.patch(virtualServices, 'ratings', 'default', 'merge', { spec: virtualService(change).spec });
    const answered = performance.timeOrigin + performance.now();
    await waitFor(probes, String(change));
    times.push(Math.max(...probes.map((probe) => probe.seen.get(String(change))!)) - answered);
  }
  await Promise.all(probes.map(stop));
  client.close();
  const sent = probes.reduce((sum, probe) => sum + probe.sent, 0);
  const failed = probes.reduce((sum, probe) => sum + probe.failed, 0);
  console.log(
    `${changes} changes, ${probes.length} proxies: p50 ${percentile(times, 0.5).toFixed(0)} ms, ` +
      `p99 ${percentile(times, 0.99).toFixed(0)} ms (at most 100), longest ${Math.max(...times).toFixed(0)} ms; ` +
      `${failed} of ${sent} requests failed (at most 0)`,
  );
}

function virtualService(change: number) {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'ratings', namespace: 'default' },
    spec: {
      hosts: ['ratings', 'ratings.bench.example'],
      gateways: ['mesh', 'bookinfo-gateway'],
      http: [
        {
          headers: { response: { set: { 'x-change': String(change) } } },
          route: [{ destination: { host: 'ratings' } }],
        },
      ],
    },
  };
}

function startGatewayProbe(): Probe {
  const args = [probeScript, cluster.address, '31380', 'ratings.bench.example', '/ratings/0'];
  return watch('ingressgateway', spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** One in each pod with a sidecar, in the application's own network namespace. */
async function startPodProbes(address: string): Promise<Probe[]> {
  const status = JSON.parse(await cluster.lateen(['status', '-o', 'json']));
  const applications = status.components.filter(
    (c: any) => c.kind === 'container' && c.namespace === 'default',
  );
  return applications.map((component: any) => {
    const enter = ['-t', String(component.pid), '-U', '-n', '--preserve-credentials', '--'];
    const args = [...enter, process.execPath, probeScript, address, '9080', 'ratings:9080', '/ratings/0'];
    return watch(component.name, spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  });
}

function watch(name: string, child: ChildProcess): Probe {
  const probe: Probe = { name, process: child, seen: new Map(), sent: 0, failed: 0 };
  let rest = '';
  child.stdout!.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) read(probe, line.split(' '));
  });
  return probe;
}

function read(probe: Probe, [value, time, , failed]: string[]): void {
  if (value === 'sent') {
    probe.sent = Number(time);
    probe.failed = Number(failed);
  } else if (!probe.seen.has(value!)) {
    probe.seen.set(value!, Number(time));
  }
}

async function waitFor(probes: readonly Probe[], value: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const missing = probes.filter((probe) => !probe.seen.has(value));
    if (missing.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`change ${value} never reached ${missing.map((p) => p.name).join(', ')}`);
    await delay(2);
  }
}

function stop(probe: Probe): Promise<void> {
  return new Promise((resolve) => {
    probe.process.once('close', () => resolve());
    probe.process.kill('SIGTERM');
  });
}
