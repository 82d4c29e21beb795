import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import { silentLog } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube';
import { parseQuery } from './message.ts';
import type { DnsSource } from './resolve.ts';
import { DnsServer } from './server.ts';

const service = (name: string, spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec,
});
const services = [
  service('web', { clusterIP: '10.96.0.5', ports: [{ name: 'http', port: 80 }] }),
  service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
  service('outside', { type: 'ExternalName', externalName: 'example.test' }),
  service('alias', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
];
const slice: KubeObject = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {},
  ports: [{ name: 'sql', port: 5432 }],
  endpoints: [
    { addresses: ['10.244.0.7'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.8'], conditions: { ready: true } },
    { addresses: ['10.244.0.9'], conditions: { ready: false } },
  ],
};
const source: DnsSource = {
  service: (namespace, name) =>
    services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  slices: (_, name) => (name === 'db' ? [slice] : []),
  namespaceExists: (name) => name === 'shop',
  serviceByAddress: (address) => services.find(({ spec }) => spec.clusterIP === address),
};

test('names of the cluster', async (t) => {
  const server = new DnsServer({
    address: '127.0.0.1',
    port: 0,
    domain: 'cluster.local',
    source,
    log: silentLog,
  });
  const port = await server.start();
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'found',
      (error: NodeJS.ErrnoException) => error.code,
    );
  const name = (short: string) => `${short}.svc.cluster.local`;
  await t.test('services', async () => {
    assert.deepEqual(await resolver.resolve4(name('web.shop')), ['10.96.0.5']);
    assert.deepEqual(await resolver.resolve4(name('WEB.Shop')), ['10.96.0.5']);
    assert.deepEqual((await resolver.resolve4(name('db.shop'))).sort(), ['10.244.0.7', '10.244.0.8']);
    assert.deepEqual(await resolver.resolve4(name('db-0.db.shop')), ['10.244.0.7']);
    assert.deepEqual(await resolver.resolve4('10-244-0-7.shop.pod.cluster.local'), ['10.244.0.7']);
  });
  await t.test('aliases', async () => {
    assert.deepEqual(await resolver.resolveCname(name('outside.shop')), ['example.test']);
    assert.deepEqual(await resolver.resolve4(name('alias.shop')), ['10.96.0.5']);
  });
  await t.test('ports and addresses', async () => {
    const [record] = await resolver.resolveSrv(name('_http._tcp.web.shop'));
    assert.deepEqual([record?.port, record?.name], [80, name('web.shop')]);
    const records = await resolver.resolveSrv(name('_sql._tcp.db.shop'));
    assert.deepEqual(records.map((entry) => entry.name).sort(), [
      name('10-244-0-8.db.shop'),
      name('db-0.db.shop'),
    ]);
    assert.deepEqual(await resolver.reverse('10.96.0.5'), [name('web.shop')]);
  });
  await t.test('what does not exist, and what has no such record', async () => {
    assert.equal(await code(resolver.resolve4(name('nope.shop'))), 'ENOTFOUND');
    assert.equal(await code(resolver.resolve4(name('web.nowhere'))), 'ENOTFOUND');
    assert.equal(await code(resolver.resolve4(name('example.com.shop'))), 'ENOTFOUND');
    assert.equal(await code(resolver.resolve6(name('web.shop'))), 'ENODATA');
    assert.equal(await code(resolver.resolve4(name('shop'))), 'ENODATA');
    assert.equal(await code(resolver.resolve4('example.com')), 'ENOTFOUND');
  });
  server.close();
});

test('packets that are no query are not answered', () => {
  assert.equal(parseQuery(Buffer.alloc(0)), undefined);
  assert.equal(parseQuery(Buffer.alloc(12)), undefined);
  const loop = Buffer.alloc(40);
  loop.writeUInt16BE(1, 4);
  loop[12] = 0xc0;
  assert.equal(parseQuery(loop), undefined);
  const long = Buffer.alloc(20, 63);
  long.writeUInt16BE(0, 2);
  long.writeUInt16BE(1, 4);
  assert.equal(parseQuery(long), undefined);
});
