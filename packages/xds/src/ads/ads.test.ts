import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { silentLog, systemClock } from '@lateen/kit';
import { eventually } from '@lateen/kit/testing/eventually';
import { typeUrls } from '../type-urls.ts';
import type { AnyJson } from '../types.ts';
import { AdsClient, adsMethods, openGrpcStream, type Update } from './client.ts';
import { type EncodedResource, ResourceEncoder, type ResourceSets } from './resources.ts';
import { type AdsConnection, AdsServer } from './server.ts';

const encoder = new ResourceEncoder();

function sets(...resources: AnyJson[]): ResourceSets {
  const byType = new Map<string, Map<string, EncodedResource>>();
  for (const json of resources) {
    const resource = encoder.encode(json);
    const ofType = byType.get(json['@type']) ?? new Map();
    byType.set(json['@type'], ofType.set(resource.name, resource));
  }
  return byType;
}

const cluster = (name: string, connectTimeout = '1s'): AnyJson => ({
  '@type': typeUrls.cluster,
  name,
  type: 'EDS',
  edsClusterConfig: { edsConfig: { ads: {} }, serviceName: name },
  connectTimeout,
});
const endpoints = (clusterName: string, weight = 1): AnyJson => ({
  '@type': typeUrls.endpoint,
  clusterName,
  endpoints: [{ loadBalancingWeight: weight }],
});
const route = (name: string, target: string): AnyJson => ({
  '@type': typeUrls.route,
  name,
  virtualHosts: [
    { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: target } }] },
  ],
});

async function startServer(initial: ResourceSets) {
  const connections: AdsConnection[] = [];
  let current = initial;
  const ads = new AdsServer({
    log: silentLog,
    clock: systemClock,
    onConnect: (connection) => {
      connections.push(connection);
      connection.session.publish(current, 'v1');
    },
    onDisconnect: () => {},
  });
  let server = new Server();
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server = new Server();
      ads.addTo(server);
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
  return {
    ads,
    connections,
    port: await listen(0),
    listen,
    stop: () => server.forceShutdown(),
    publish(next: ResourceSets, version: string) {
      current = next;
      for (const connection of ads.connections()) connection.session.publish(next, version);
    },
  };
}

interface Recorded extends Update {
  readonly type: string;
}

function startClient(
  port: number,
  delta: boolean,
  refuse: (update: Update) => string | undefined = () => undefined,
) {
  const updates: Recorded[] = [];
  const client = new AdsClient({
    node: { id: 'sidecar~10.0.0.1~a.b~b.svc.cluster.local', cluster: 'a' },
    delta,
    clock: systemClock,
    log: silentLog,
    random: () => 0,
    open: (handlers) =>
      openGrpcStream({ host: '127.0.0.1', port }, delta ? adsMethods.delta : adsMethods.sotw, handlers),
  });
  const record = (type: string) => (update: Update) => {
    updates.push({ type, ...update });
    return refuse(update);
  };
  const names = new Set<string>();
  client.subscribe(typeUrls.cluster, {
    onUpdate: (update) => {
      for (const { name } of update.resources) names.add(name);
      for (const name of update.removed) names.delete(name);
      eds.setNames(names);
      return record('cds')(update);
    },
  });
  const eds = client.subscribe(typeUrls.endpoint, { names: [], onUpdate: record('eds') });
  client.subscribe(typeUrls.route, { names: ['80'], onUpdate: record('rds') });
  client.start();
  return {
    client,
    updates,
    seen: () => updates.map((u) => `${u.type} ${u.resources.map((r) => r.name)} -${u.removed}`),
  };
}

for (const delta of [false, true]) {
  const variant = delta ? 'delta' : 'state of the world';

  test(`${variant}: a route comes after the clusters and endpoints that it names, a cluster goes after it`, async () => {
    const server = await startServer(sets(cluster('a'), endpoints('a'), route('80', 'a')));
    const { client, updates, seen } = startClient(server.port, delta);
    after(() => {
      client.close();
      server.stop();
    });
    await eventually(() => assert.deepEqual(seen(), ['cds a -', 'eds a -', 'rds 80 -']));
    await eventually(() => assert.ok(server.connections[0]!.session.settled));

    updates.length = 0;
    server.publish(sets(cluster('b'), endpoints('b'), route('80', 'b')), 'v2');
    await eventually(() => assert.deepEqual(seen(), ['cds b -', 'eds b -', 'rds 80 -', 'cds  -a']));

    updates.length = 0;
    server.publish(sets(cluster('b'), endpoints('b', 2), route('80', 'b')), 'v3');
    await eventually(() => assert.deepEqual(seen(), ['eds b -']));
  });

  test(`${variant}: endpoints follow a changed cluster, although nobody asks for them`, async () => {
    const server = await startServer(sets(cluster('a'), endpoints('a')));
    const { client, updates } = startClient(server.port, delta);
    after(() => {
      client.close();
      server.stop();
    });
    await eventually(() => assert.ok(updates.some(({ type }) => type === 'eds')));
    await eventually(() => assert.ok(server.connections[0]!.session.settled));
    const nonce = () =>
      server.connections[0]?.session.status().find((s) => s.typeUrl === typeUrls.endpoint)?.ackedNonce;
    const before = nonce();
    server.publish(sets(cluster('a', '7s'), endpoints('a')), 'v2');
    await eventually(() => assert.notEqual(nonce(), before));
  });

  test(`${variant}: a refused resource is reported, and sent again only when it changes`, async () => {
    const server = await startServer(sets(cluster('fine'), cluster('bad')));
    const bad = (update: Update) =>
      update.resources.some((r) => r.name === 'bad') ? 'cluster bad: no' : undefined;
    const { client, updates } = startClient(server.port, delta, bad);
    after(() => {
      client.close();
      server.stop();
    });
    const status = () => server.connections[0]?.session.status().find((s) => s.typeUrl === typeUrls.cluster);
    await eventually(() => assert.deepEqual(status()?.nack?.resources, ['bad']));
    assert.equal(status()?.nack?.message, 'cluster bad: no');
    assert.equal(updates.filter(({ type }) => type === 'cds').length, 1);
    server.publish(sets(cluster('fine')), 'v2');
    await eventually(() => assert.equal(status()?.ackedVersion, 'v2'));
    assert.equal(status()?.nack, undefined);
  });

  test(`${variant}: after a loss the client comes back and hears only what changed`, async () => {
    const server = await startServer(sets(cluster('a'), endpoints('a'), route('80', 'a')));
    const { client, updates, seen } = startClient(server.port, delta);
    await eventually(() => assert.equal(updates.length, 3));
    server.stop();
    server.publish(sets(cluster('a'), endpoints('a', 3), route('80', 'a')), 'v2');
    updates.length = 0;
    await server.listen(server.port);
    after(() => {
      client.close();
      server.stop();
    });
    await eventually(() => assert.deepEqual(seen(), ['eds a -']));
  });
}

test('messages larger than any window pass, both ways', async () => {
  const many = Array.from({ length: 3000 }, (_none, index) =>
    endpoints(`outbound|9080||service-${index}.default`.padEnd(400, 'x')),
  );
  const server = await startServer(sets(...many));
  const received = new Set<string>();
  const client = new AdsClient({
    node: { id: 'sidecar~10.0.0.1~a.b~b.svc.cluster.local' },
    delta: false,
    clock: systemClock,
    log: silentLog,
    random: () => 0,
    open: (handlers) => openGrpcStream({ host: '127.0.0.1', port: server.port }, adsMethods.sotw, handlers),
  });
  client.subscribe(typeUrls.endpoint, {
    names: many.map(({ clusterName }) => clusterName),
    onUpdate: ({ resources }) => {
      for (const { name } of resources) received.add(name);
      return undefined;
    },
  });
  client.start();
  after(() => {
    client.close();
    server.stop();
  });
  await eventually(() => assert.equal(received.size, many.length));
});
