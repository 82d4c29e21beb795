import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pod, service, slice } from '../testing/snapshot.ts';
import { indexServices, registerEndpoints, registerServices } from './index.ts';
import { protocolOf } from './protocol.ts';
import { workloadName } from './workload.ts';

const none = { nodes: [], serviceEntries: [], workloadEntries: [] };

test('protocols by appProtocol, name and number', () => {
  const rows: [any, string][] = [
    [{ name: 'http', port: 1 }, 'HTTP'],
    [{ name: 'http-web', port: 1 }, 'HTTP'],
    [{ name: 'HTTP2-x', port: 1 }, 'HTTP2'],
    [{ name: 'grpc-web-x', port: 1 }, 'GRPC_WEB'],
    [{ name: 'grpc', port: 1 }, 'GRPC'],
    [{ name: 'httpx', port: 1 }, 'UNSUPPORTED'],
    [{ name: 'tcp', port: 1, appProtocol: 'kubernetes.io/h2c' }, 'HTTP2'],
    [{ name: 'http', port: 1, appProtocol: 'example.com/own' }, 'HTTP'],
    [{ name: 'db', port: 3306 }, 'TCP'],
    [{ port: 80 }, 'UNSUPPORTED'],
    [{ name: 'http', port: 1, protocol: 'UDP' }, 'UDP'],
  ];
  for (const [port, expected] of rows) assert.equal(protocolOf(port), expected, JSON.stringify(port));
});

test('a pod is named after what made it', () => {
  const owner = (kind: string, name: string) => [{ apiVersion: '', kind, name, uid: '', controller: true }];
  const made = (kind: string, name: string, labels = {}) => ({
    ...pod('p-1', '', labels),
    metadata: { name: 'p-1', labels, ownerReferences: owner(kind, name) },
  });
  assert.equal(workloadName(made('ReplicaSet', 'web-abc12', { 'pod-template-hash': 'abc12' })), 'web');
  assert.equal(workloadName(made('StatefulSet', 'db')), 'db');
  assert.equal(workloadName(made('Job', 'nightly-28391040')), 'nightly');
  assert.equal(workloadName(pod('alone', '', {})), 'alone');
});

test('endpoints take labels and identity from their pods, also where pods share an address', () => {
  const shared = (name: string) => ({
    ...pod(name, '192.0.2.1', { app: 'web', version: name }),
    spec: { hostNetwork: true, serviceAccountName: name },
  });
  const entry = (name: string) => ({
    addresses: ['192.0.2.1'],
    conditions: { ready: name === 'a' },
    targetRef: { kind: 'Pod', namespace: 'default', name },
  });
  const endpointSlices = [
    { ...slice('web', [], { name: 'http', port: 80 }), endpoints: [entry('a')] },
    {
      ...slice('web', [], { name: 'http', port: 81 }),
      metadata: { ...slice('web', [], { name: '', port: 0 }).metadata, name: 'web-2' },
      endpoints: [entry('b')],
    },
  ];
  const index = indexServices(
    registerServices([service('web', '10.96.0.9', [{ name: 'http', port: 80 }])], [], 'cluster.local'),
  );
  const { endpoints } = registerEndpoints(
    { ...none, endpointSlices, pods: [shared('a'), shared('b')] },
    index,
    'cluster.local',
  );
  assert.deepEqual(
    endpoints
      .get('web.default.svc.cluster.local')!
      .map((e) => [e.port, e.labels.version, e.serviceAccount, e.health]),
    [
      [80, 'a', 'a', 'healthy'],
      [81, 'b', 'b', 'unhealthy'],
    ],
  );
});

test('a WorkloadEntry stands behind the Services and ServiceEntries that select it', () => {
  const entry = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadEntry',
    metadata: { name: 'vm', namespace: 'default' },
    spec: { address: '192.0.2.7', labels: { app: 'web' }, ports: { http: 8080 } },
  };
  const external = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name: 'ext', namespace: 'default' },
    spec: {
      hosts: ['ext.example'],
      resolution: 'STATIC',
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      workloadSelector: { labels: { app: 'web' } },
    },
  };
  const index = indexServices(
    registerServices(
      [service('web', '10.96.0.9', [{ name: 'http', port: 80 }])],
      [external],
      'cluster.local',
    ),
  );
  const { endpoints } = registerEndpoints(
    { ...none, endpointSlices: [], pods: [], serviceEntries: [external], workloadEntries: [entry] },
    index,
    'cluster.local',
  );
  for (const host of ['web.default.svc.cluster.local', 'ext.example']) {
    assert.deepEqual(
      endpoints.get(host)!.map((e) => [e.address, e.port]),
      [['192.0.2.7', 8080]],
      host,
    );
  }
});
