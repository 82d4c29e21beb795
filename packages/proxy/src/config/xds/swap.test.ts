import assert from 'node:assert/strict';
import { Agent, createServer, get } from 'node:http';
import { afterEach, test } from 'node:test';
import { silentLog } from '@lateen/kit';
import { typeUrls } from '@lateen/xds/type-urls';
import type { AnyJson } from '@lateen/xds/types';
import { startProxy } from '../../main/index.ts';
import { TestAdsServer } from './testing.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function backend(text: string): Promise<number> {
  const server = createServer((_request, response) => response.end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as { port: number }).port;
}

const ads = { ads: {}, resourceApiVersion: 'V3' };
const filters = 'type.googleapis.com/envoy.extensions.filters.';

const connectionManager = (statPrefix: string) => ({
  '@type': `${filters}network.http_connection_manager.v3.HttpConnectionManager`,
  statPrefix,
  rds: { routeConfigName: 'r', configSource: ads },
  httpFilters: [
    { name: 'envoy.filters.http.router', typedConfig: { '@type': `${filters}http.router.v3.Router` } },
  ],
});

/** Everything that one version of the configuration consists of; each of its parts differs between versions. */
function world(version: number, ports: Record<string, number>): AnyJson[] {
  const target = version % 2 === 0 ? 'a' : 'b';
  const clusters = Object.keys(ports).map((name) => ({
    '@type': typeUrls.cluster,
    name,
    type: 'EDS',
    connectTimeout: `${1 + (version % 3)}s`,
    edsClusterConfig: { edsConfig: ads },
  }));
  const endpoints = Object.entries(ports).map(([clusterName, portValue]) => ({
    '@type': typeUrls.endpoint,
    clusterName,
    endpoints: [
      { lbEndpoints: [{ endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue } } } }] },
    ],
  }));
  const listener = {
    '@type': typeUrls.listener,
    name: 'l',
    address: { socketAddress: { address: '127.0.0.1', portValue: 0 } },
    filterChains: [
      { filters: [{ name: 'hcm', typedConfig: connectionManager(`p${version % 4 < 2 ? 0 : 1}`) }] },
    ],
  };
  const route = {
    '@type': typeUrls.route,
    name: 'r',
    virtualHosts: [
      { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: target } }] },
    ],
  };
  return [...clusters, ...endpoints, listener, route];
}

test('no request fails while clusters, listeners and routes are replaced', async () => {
  const server = new TestAdsServer();
  const ports = { a: await backend('a'), b: await backend('b') };
  server.publish(world(0, ports));
  const bootstrap = {
    node: { id: 'test', cluster: 'test' },
    dynamicResources: {
      adsConfig: {
        apiType: 'GRPC',
        grpcServices: [{ googleGrpc: { targetUri: 'unused:1', statPrefix: 'x' } }],
      },
      cdsConfig: ads,
      ldsConfig: ads,
    },
  };
  const proxy = await startProxy(bootstrap, { log: silentLog, openAds: server.open });
  closers.push(() => proxy.stop());
  await proxy.live;
  const port = proxy.listeners()[0]!.addresses[0]!.port;
  const agent = new Agent({ keepAlive: true });
  closers.push(() => agent.destroy());
  const request = () =>
    new Promise<string>((resolve) => {
      const call = get({ port, host: '127.0.0.1', agent }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(`${response.statusCode} ${text}`));
      });
      // A keep-alive connection may be closed just as it is used again; that is the client's to repeat.
      call.on('error', (error) => resolve(call.reusedSocket ? 'repeat' : error.message));
    });

  const seen = new Set<string>();
  for (let version = 1; version <= 60; version++) {
    server.publish(world(version, ports));
    for (const answer of await Promise.all(Array.from({ length: 8 }, request))) seen.add(answer);
  }
  seen.delete('repeat');
  assert.deepEqual([...seen].sort(), ['200 a', '200 b']);
});
