/**
 * From the API server's answer to a write of a route until the gateway and every sidecar hold it, and whether requests fail
 * meanwhile: `tools/run bench/propagation.ts [CHANGES]`. Each change adds a response header with its number to the gateway's
 * route and to the sidecars' route of reviews; each proxy is asked through its own admin when it says it.
 */
import { execFile } from 'node:child_process';
import http from 'node:http';
import { promisify } from 'node:util';
import { createKubeClient, loadKubeconfig, type ResourceId } from '@lateen/kube';
import { TestCluster } from '../e2e/support/cluster.ts';
import { describeMachine, percentile } from './support/machine.ts';

const changes = Number(process.argv[2] ?? 200);
const virtualServices: ResourceId = { group: 'networking.istio.io', version: 'v1', resource: 'virtualservices' };
const run = promisify(execFile);

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
  const status = JSON.parse(await cluster.lateen(['status', '-o', 'json']));
  const proxies = status.components.filter((component: any) => component.kind === 'proxy');
  await client.create(virtualServices, virtualService(0) as never);
  const load = startLoad();
  const times: number[] = [];
  for (let change = 1; change <= changes; change++) {
    await client.patch(virtualServices, 'reviews', 'default', 'merge', { spec: virtualService(change).spec });
    const answered = performance.now();
    await waitForGateway(change);
    await Promise.all(proxies.map((proxy: any) => waitForProxy(proxy.pid, change)));
    times.push(performance.now() - answered);
  }
  const { sent, failed } = load.stop();
  client.close();
  console.log(
    `${changes} changes to ${proxies.length} proxies: p50 ${percentile(times, 0.5).toFixed(0)} ms, p99 ${percentile(times, 0.99).toFixed(0)} ms (at most 100); ` +
      `${failed} of ${sent} requests failed (at most 0)`,
  );
}

function virtualService(change: number) {
  const headers = { response: { set: { 'x-change': String(change) } } };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace: 'default' },
    spec: {
      hosts: ['reviews', '*.bench.example'],
      gateways: ['mesh', 'bookinfo-gateway'],
      http: [{ headers, route: [{ destination: { host: 'reviews' } }] }],
    },
  };
}
