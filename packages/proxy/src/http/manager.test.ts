import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '@lateen/kit';
import type { ConnectionInfo } from '../connection-info.ts';
import { StatsStore } from '../telemetry/store.ts';
import type { Cluster, Host, ResourceManager } from '../upstream/types.ts';
import { createHttpConnectionManager } from './index.ts';
import type { HttpDependencies, Message } from './types.ts';

const open: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of open) server.close();
});

function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  open.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** A backend that answers the n-th request with the n-th answer; the last one repeats. */
async function backend(answers: readonly string[]): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = [];
  const port = await listen((socket) => {
    socket.on('data', (data) => {
      seen.push(data.toString('latin1'));
      socket.write(answers[Math.min(seen.length, answers.length) - 1]!);
    });
  });
  return { port, seen };
}

const unlimited: ResourceManager = {
  tryConnection: () => true,
  releaseConnection() {},
  tryPending: () => true,
  releasePending() {},
  tryRequest: () => true,
  releaseRequest() {},
  tryRetry: () => true,
  releaseRetry() {},
};

function fakeCluster(name: string, port: number, stats: StatsStore): Cluster {
  const scope = stats.scope(`cluster.${name}`);
  const host = {
    address: '127.0.0.1',
    port,
    key: `127.0.0.1:${port}`,
    hostname: '',
    metadata: {},
    activeRequests: 0,
    activeConnections: 0,
  };
  return {
    name,
    message: {},
    stats: {
      scope,
      counter: (each: string) => scope.counter(each),
      gauge: (each: string) => scope.gauge(each),
    } as Cluster['stats'],
    connectTimeout: 1000,
    maxRequestsPerConnection: 0,
    idleTimeout: 0,
    maintenanceMode: false,
    resources: () => unlimited,
    chooseHost: () => host as unknown as Host,
    hosts: () => [host as unknown as Host],
    report() {},
    onRemoved: () => () => {},
    onHostsRemoved: () => () => {},
  };
}

async function proxy(
  routes: readonly Message[],
  backendPort: number,
): Promise<{ port: number; stats: StatsStore }> {
  const stats = new StatsStore();
  const cluster = fakeCluster('a', backendPort, stats);
  const quiet = { draining: false, onDrain: () => () => {} };
  const deps: HttpDependencies = {
    clusters: { get: (name) => (name === 'a' ? cluster : undefined), names: () => ['a'] },
    routes: () => ({ current: undefined, release() {} }),
    stats,
    createAccessLogger: () => ({ value: undefined, problems: [] }),
    compileFormat: (format) => ({ value: () => format, problems: [] }),
    clock: systemClock,
    random: { next: () => 0.5, uuid: () => 'uuid' },
    runtime: { number: (_, fallback) => fallback, boolean: (_, fallback) => fallback },
    drain: quiet,
    node: { id: 'n', cluster: 'c', zone: '' },
    localAddress: '10.0.0.1',
  };
  const router = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' };
  const config = {
    statPrefix: 'in',
    routeConfig: { name: 'r', virtualHosts: [{ name: 'v', domains: ['*'], routes }] },
    httpFilters: [{ name: 'router', typedConfig: router }],
  };
  const { value, problems } = createHttpConnectionManager(config, deps);
  assert.deepEqual(problems, []);
  const address = { address: '127.0.0.1', port: 1 };
  const info = {
    id: 1,
    local: address,
    remote: address,
    directRemote: address,
    transportProtocol: 'raw_buffer',
  } as unknown as ConnectionInfo;
  const port = await listen((socket) =>
    value!.onConnection({ socket, info, initialData: undefined, drain: quiet }),
  );
  return { port, stats };
}

/** Sends bytes and collects what comes back until it has `count` answers or the connection ends. */
function exchange(port: number, request: string, count: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    sockets.add(socket);
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (text.split('HTTP/1.1 ').length - 1 >= count && text.endsWith('.')) finish();
    });
    socket.on('error', finish);
    socket.on('end', finish);
  });
}

const answer = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

test('answers pipelined requests in order over one upstream connection', async () => {
  const { port: back, seen } = await backend([answer('200 OK', 'one.'), answer('200 OK', 'two.')]);
  const { port, stats } = await proxy([{ match: { prefix: '/' }, route: { cluster: 'a' } }], back);
  const text = await exchange(
    port,
    'GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi',
    2,
  );
  assert.match(text, /one\.HTTP\/1\.1 200 OK[\s\S]*two\.$/);
  assert.match(seen[0]!, /^GET \/1 HTTP\/1\.1\r\nhost: h\r\n/);
  assert.match(seen[1]!, /^POST \/2 [\s\S]*content-length: 2\r\n[\s\S]*\r\n\r\nhi$/);
  assert.equal(stats.counter('cluster.a.upstream_cx_total').value, 1);
});

test('retries what the route says, with the body', async () => {
  const { port: back, seen } = await backend([answer('503 Bad', 'no.'), answer('200 OK', 'yes.')]);
  const retryPolicy = { retryOn: '5xx', retryBackOff: { baseInterval: '0.001s' } };
  const { port } = await proxy([{ match: { prefix: '/' }, route: { cluster: 'a', retryPolicy } }], back);
  const text = await exchange(
    port,
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    1,
  );
  assert.match(text, /^HTTP\/1\.1 200 OK[\s\S]*yes\.$/);
  assert.equal(seen.length, 2);
  assert.ok(seen.every((request) => request.endsWith('2\r\nhi\r\n0\r\n\r\n')));
});

test('a dead upstream is told in Envoy’s words', async () => {
  const unused = await listen(() => {});
  await new Promise((resolve) => open.pop()!.close(resolve));
  const { port } = await proxy([{ match: { prefix: '/' }, route: { cluster: 'a' } }], unused);
  const text = await exchange(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n', 1);
  assert.match(text, /^HTTP\/1\.1 503 Service Unavailable/);
  assert.match(text, /reset reason: remote connection failure$/);
});

test('more bytes than the upstream promised are never taken for another answer', async () => {
  const { port: back } = await backend([
    `${answer('200 OK', 'one.')}${answer('200 OK', 'evil.')}`,
    answer('200 OK', 'two.'),
  ]);
  const { port, stats } = await proxy([{ match: { prefix: '/' }, route: { cluster: 'a' } }], back);
  assert.match(await exchange(port, 'GET /1 HTTP/1.1\r\nHost: h\r\n\r\n', 1), /one\.$/);
  assert.match(await exchange(port, 'GET /2 HTTP/1.1\r\nHost: h\r\n\r\n', 1), /two\.$/);
  assert.equal(stats.counter('cluster.a.upstream_cx_total').value, 2);
});

test('configuration that is not supported is refused with its path', () => {
  const { value, problems } = createHttpConnectionManager(
    { statPrefix: 'x', scopedRoutes: {}, httpFilters: [] },
    { stats: new StatsStore() } as unknown as HttpDependencies,
    'filters[0]',
  );
  assert.equal(value, undefined);
  assert.ok(problems.some(({ path }) => path === 'filters[0].scopedRoutes'));
});
