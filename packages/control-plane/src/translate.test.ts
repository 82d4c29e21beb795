import assert from 'node:assert/strict';
import { test } from 'node:test';
import { istio, pod, slice, smallMesh, snapshotOf } from './testing/snapshot.ts';
import { createTranslator, parseNode, resourceName, type Snapshot } from './translate.ts';

const client = parseNode({
  id: 'sidecar~10.244.0.99~client.default~default.svc.cluster.local',
  metadata: { INTERCEPTION_MODE: 'NONE', LABELS: { app: 'client' } },
}).value!;

const rules = istio('DestinationRule', 'reviews', {
  host: 'reviews',
  subsets: [{ name: 'v1', labels: { version: 'v1' } }],
});
const toV1 = istio('VirtualService', 'reviews', {
  hosts: ['reviews'],
  http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' } }] }],
});

test('a resource in which nothing changed is the same object', () => {
  const translator = createTranslator();
  const before = translator.model(snapshotOf([...smallMesh(), rules]));
  const first = translator.clusters(before, client);
  const after = translator.model(snapshotOf([...smallMesh(), rules, toV1]));
  const second = translator.clusters(after, client);
  assert.deepEqual(second.map(resourceName), first.map(resourceName));
  for (const [index, cluster] of second.entries()) assert.equal(cluster, first[index]);
});

test('readiness alone changes nothing but endpoints', () => {
  const translator = createTranslator();
  const snapshot = snapshotOf([...smallMesh(), toV1]);
  const before = translator.model(snapshot);
  const slices = snapshot.endpointSlices.map((object) =>
    object.metadata.name === 'reviews-1'
      ? {
          ...object,
          endpoints: object.endpoints.map((endpoint: any) => ({ ...endpoint, conditions: { ready: false } })),
        }
      : object,
  );
  const after = translator.model({ ...snapshot, endpointSlices: slices });
  assert.deepEqual([...translator.changed(before, after)], ['endpoints']);
  const [assignment] = translator.endpoints(after, client, [
    'outbound|9080||reviews.default.svc.cluster.local',
  ]);
  assert.deepEqual(
    assignment!.endpoints[0].lbEndpoints.map((endpoint: any) => endpoint.healthStatus),
    ['UNHEALTHY', 'UNHEALTHY'],
  );
});

test('the same snapshot changes nothing, a new rule everything', () => {
  const translator = createTranslator();
  const snapshot: Snapshot = snapshotOf(smallMesh());
  const before = translator.model(snapshot);
  assert.equal(translator.changed(before, translator.model({ ...snapshot })).size, 0);
  const after = translator.model({ ...snapshot, virtualServices: [toV1] });
  assert.equal(translator.changed(before, after).size, 4);
});

test('a new pod is an endpoint of its service and of the subsets that its labels fit', () => {
  const translator = createTranslator();
  const objects = [...smallMesh().filter((object) => object.metadata.name !== 'reviews-1'), rules];
  const model = translator.model(
    snapshotOf([
      ...objects,
      pod('reviews-v1-b', '10.244.0.55', { app: 'reviews', version: 'v1' }),
      slice('reviews', ['10.244.0.14', '10.244.0.55'], { name: 'http', port: 9080 }),
    ]),
  );
  const addresses = (name: string) =>
    translator
      .endpoints(model, client, [name])[0]!
      .endpoints[0].lbEndpoints.map((e: any) => e.endpoint.address.socketAddress.address);
  assert.deepEqual(addresses('outbound|9080||reviews.default.svc.cluster.local'), [
    '10.244.0.14',
    '10.244.0.55',
  ]);
  assert.deepEqual(addresses('outbound|9080|v1|reviews.default.svc.cluster.local'), ['10.244.0.55']);
});

test('missing hosts and subsets are reported with their paths, and neighbours stay', () => {
  const translator = createTranslator();
  const broken = istio('VirtualService', 'broken', {
    hosts: ['tcp-echo'],
    http: [
      {
        route: [
          { destination: { host: 'nobody' }, weight: 1 },
          { destination: { host: 'reviews', subset: 'v7' }, weight: 1 },
        ],
      },
    ],
  });
  const model = translator.model(snapshotOf([...smallMesh(), rules, toV1, broken]));
  assert.deepEqual(
    model.problems.map((problem) => [problem.code, problem.object?.name, problem.path]),
    [
      ['DestinationHostNotFound', 'broken', 'spec.http[0].route[0].destination.host'],
      ['DestinationSubsetNotFound', 'broken', 'spec.http[0].route[1].destination.subset'],
    ],
  );
  const [routes] = translator.routes(model, client, ['9080']);
  const reviews = routes!.virtualHosts.find(
    (host: any) => host.name === 'reviews.default.svc.cluster.local:9080',
  );
  assert.equal(reviews.routes[0].route.cluster, 'outbound|9080|v1|reviews.default.svc.cluster.local');
});

test('an unreadable node is a problem that says what is expected', () => {
  const { value, problems } = parseNode({ id: 'whatever' });
  assert.equal(value, undefined);
  assert.match(problems[0]!.message, /sidecar~IP~NAME\.NAMESPACE~DOMAIN/);
});

test("a delegated route is taken over under its parent's condition", () => {
  const translator = createTranslator();
  const root = istio('VirtualService', 'root', {
    hosts: ['reviews'],
    http: [
      { match: [{ uri: { prefix: '/a' } }], delegate: { name: 'part' } },
      { match: [{ uri: { prefix: '/z' } }], delegate: { name: 'none' } },
    ],
  });
  const part = istio('VirtualService', 'part', {
    http: [
      { match: [{ uri: { prefix: '/a/b' } }], route: [{ destination: { host: 'tcp-echo' } }] },
      { match: [{ uri: { prefix: '/c' } }], route: [{ destination: { host: 'tcp-echo' } }] },
      { route: [{ destination: { host: 'reviews' } }] },
    ],
  });
  const model = translator.model(snapshotOf([...smallMesh(), root, part]));
  const [routes] = translator.routes(model, client, ['9080']);
  const host = routes!.virtualHosts.find((entry: any) => entry.name.startsWith('reviews.'));
  assert.deepEqual(
    host.routes.map((route: any) => route.match.prefix),
    ['/a/b', '/a'],
  );
  assert.deepEqual(
    model.problems.map((problem) => problem.code),
    ['DelegateNotFound'],
  );
});

test('an object of any shape is left out and reported, never a crash', () => {
  const translator = createTranslator();
  const odd = [
    istio('VirtualService', 'odd', { hosts: 'x', http: 'y' }),
    istio('VirtualService', 'nulls', { hosts: ['a'], http: [null], tcp: null }),
    istio('DestinationRule', 'odd', { host: 7, subsets: {} }),
    istio('Gateway', 'odd', { servers: [null] }),
    istio('Sidecar', 'odd', { egress: [{ hosts: [1] }] }),
  ];
  const model = translator.model(snapshotOf([...smallMesh(), toV1, rules, ...odd]));
  assert.ok(model.problems.filter((problem) => problem.code === 'Unreadable').length >= 4);
  assert.ok(translator.listeners(model, client).length > 0);
  assert.ok(translator.routes(model, client).length > 0);
});
