import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@lateen/kube';
import { planSlices } from './slices.ts';
import { subsetsOf } from './subsets.ts';

function pod(name: string, ip: string, port: number, ready: boolean, more: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'a', uid: `uid-${name}`, ...more },
    spec: { nodeName: 'n', containers: [{ name: 'c', ports: [{ name: 'web', containerPort: port }] }] },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

function service(spec: object = {}): KubeObject {
  const ports = [
    { name: 'http', port: 80, targetPort: 'web' },
    { name: 'raw', port: 81, targetPort: 9000 },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'a', uid: 'uid-s' },
    spec: { selector: { app: 'web' }, clusterIP: '10.96.0.9', ports, ...spec },
  };
}

const pods = [pod('p1', '10.244.0.1', 8080, true), pod('p2', '10.244.0.2', 8081, false)];
const noZone = () => undefined;

test('subsets group ports that have the same addresses', () => {
  const short = subsetsOf(service(), pods).map(({ addresses = [], notReadyAddresses = [], ports }) => [
    addresses.map(({ ip }: any) => ip).join(),
    notReadyAddresses.map(({ ip }: any) => ip).join(),
    ports.map(({ name, port }: any) => `${name}:${port}`).join(),
  ]);
  assert.deepEqual(short.toSorted(), [
    ['', '10.244.0.2', 'http:8081'],
    ['10.244.0.1', '', 'http:8080'],
    ['10.244.0.1', '10.244.0.2', 'raw:9000'],
  ]);
});

test('slices group pods that have the same ports, and say who is ready and who is leaving', () => {
  const leaving = pod('p3', '10.244.0.3', 8080, true, { deletionTimestamp: '2024-01-01T00:00:00Z' });
  const { create } = planSlices(service(), [...pods, leaving], [], noZone);
  assert.equal(create.length, 2);
  assert.deepEqual(
    create[0]!.endpoints.map(({ conditions }: any) => conditions),
    [
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: true, terminating: true },
    ],
  );
  assert.deepEqual(create[1]!.ports, [
    { name: 'http', protocol: 'TCP', port: 8081 },
    { name: 'raw', protocol: 'TCP', port: 9000 },
  ]);
  assert.equal(subsetsOf(service(), [leaving]).length, 0);
});

test('headless, unready and unknown ports', () => {
  assert.equal(subsetsOf(service({ publishNotReadyAddresses: true }), [pods[1]!])[0].addresses.length, 1);
  const headless = service({ clusterIP: 'None', ports: [] });
  assert.deepEqual(Object.keys(subsetsOf(headless, [pods[0]!])[0]), ['addresses']);
  const unknown = service({ ports: [{ name: 'x', port: 1, targetPort: 'nope' }] });
  assert.deepEqual(subsetsOf(unknown, pods), []);
});

test('slices keep their names while endpoints change, and one stays when none is left', () => {
  const [slice] = planSlices(service(), [pods[0]!], [], noZone).create;
  const existing = { ...slice!, metadata: { ...slice!.metadata, name: 's-abcde' } };
  assert.deepEqual(planSlices(service(), [pods[0]!], [existing], noZone), {
    create: [],
    update: [],
    remove: [],
  });
  const more = planSlices(service(), [pods[0]!, pod('p4', '10.244.0.4', 8080, true)], [existing], noZone);
  assert.deepEqual([more.create.length, more.update.length, more.remove.length], [0, 1, 0]);
  assert.equal(more.update[0]!.metadata.name, 's-abcde');
  const none = planSlices(service(), [], [existing], noZone);
  assert.deepEqual([none.update[0]!.endpoints, none.create.length, none.remove.length], [[], 0, 0]);
});
