import assert from 'node:assert/strict';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, test } from 'node:test';
import { silentLog } from '@lateen/kit';
import { eventually } from '@lateen/kit/testing/eventually';
import { typeUrls } from '@lateen/xds/type-urls';
import type { AnyJson } from '@lateen/xds/types';
import { type Proxy as RunningProxy, startProxy } from '../../main/index.ts';
import { TestAdsServer } from './testing.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function backend(text: string): Promise<number> {
  const server: Server = createServer((socket) => socket.end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as { port: number }).port;
}

const tcpProxy = (cluster: string) => ({
  '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
  statPrefix: 'tcp',
  cluster,
});

const listener = (name: string, cluster: string, port = 0): AnyJson => ({
  '@type': typeUrls.listener,
  name,
  address: { socketAddress: { address: '127.0.0.1', portValue: port } },
  filterChains: [{ filters: [{ name: 'tcp', typedConfig: tcpProxy(cluster) }] }],
});

const cluster = (name: string): AnyJson => ({
  '@type': typeUrls.cluster,
  name,
  type: 'EDS',
  connectTimeout: '1s',
  edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
});

const assignment = (clusterName: string, port: number): AnyJson => ({
  '@type': typeUrls.endpoint,
  clusterName,
  endpoints: [
    {
      lbEndpoints: [{ endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue: port } } } }],
    },
  ],
});

const bootstrap = (apiType: string) => ({
  node: { id: 'test', cluster: 'test' },
  dynamicResources: {
    adsConfig: { apiType, grpcServices: [{ googleGrpc: { targetUri: 'unused:1', statPrefix: 'x' } }] },
    cdsConfig: { ads: {}, resourceApiVersion: 'V3' },
    ldsConfig: { ads: {}, resourceApiVersion: 'V3' },
  },
});

async function start(server: TestAdsServer, apiType: string): Promise<RunningProxy> {
  const proxy = await startProxy(bootstrap(apiType), { log: silentLog, openAds: server.open });
  closers.push(() => proxy.stop());
  return proxy;
}

function read(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.on('close', () => resolve(text));
  });
}

const portOf = (proxy: RunningProxy, name: string) =>
  proxy.listeners().find((entry) => entry.name === name)?.addresses[0]?.port ?? 0;

for (const apiType of ['GRPC', 'DELTA_GRPC']) {
  test(`${apiType}: listeners, clusters and endpoints follow the server`, async () => {
    const server = new TestAdsServer();
    const [one, two] = [await backend('one'), await backend('two')];
    server.publish([cluster('a'), assignment('a', one), listener('l', 'a')]);
    const proxy = await start(server, apiType);
    await proxy.live;
    const port = portOf(proxy, 'l');
    assert.equal(await read(port), 'one');

    server.publish([cluster('a'), assignment('a', two), listener('l', 'a')]);
    await eventually(async () => assert.equal(await read(port), 'two'));

    server.publish([
      cluster('a'),
      cluster('b'),
      assignment('a', two),
      assignment('b', one),
      listener('l', 'b'),
    ]);
    await eventually(async () => assert.equal(await read(port), 'one'));

    server.publish([cluster('b'), assignment('b', one)]);
    await eventually(async () => assert.equal(await read(port), 'ECONNREFUSED'));
    assert.deepEqual(proxy.listeners(), []);
  });

  test(`${apiType}: what is refused is named, what was good stays`, async () => {
    const server = new TestAdsServer();
    const one = await backend('one');
    server.publish([cluster('a'), assignment('a', one), listener('l', 'a')]);
    const proxy = await start(server, apiType);
    await proxy.live;
    const port = portOf(proxy, 'l');

    const broken = { ...listener('l', 'a'), filterChains: [{ filters: [{ name: 'no.such.filter' }] }] };
    server.publish([cluster('a'), assignment('a', one), broken, listener('m', 'a')]);
    await eventually(() =>
      assert.match(
        server.nack(typeUrls.listener) ?? '',
        /l: filter_chains\[0\]\.filters\[0\]: .*no\.such\.filter/,
      ),
    );
    assert.equal(await read(port), 'one');
    assert.equal(await read(portOf(proxy, 'm')), 'one');
  });
}
