import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileDestinationRule } from '../compile/destination-rule/index.ts';
import { compileMeshConfig } from '../compile/mesh-config/index.ts';
import { fromKubernetesService } from '../registry/kubernetes-service.ts';
import { service } from '../testing/snapshot.ts';
import { indexPolicies, policyFor } from './policies.ts';

const mesh = compileMeshConfig(undefined, {
  domainSuffix: 'cluster.local',
  rootNamespace: 'istio-system',
}).value;
const reviews = fromKubernetesService(service('reviews', '10.96.0.1', []), 'cluster.local');

function rule(namespace: string, name: string, spec: any) {
  const object = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name, namespace },
    spec,
  };
  return compileDestinationRule(object, mesh).value;
}

function node(namespace: string, labels: Record<string, string> = {}) {
  return {
    id: '',
    cluster: '',
    type: 'sidecar' as const,
    name: '',
    namespace,
    addresses: [],
    labels,
    metadata: {},
  };
}

const found = (rules: ReturnType<typeof rule>[], namespace: string, labels = {}) =>
  policyFor(indexPolicies(rules), node(namespace, labels), reviews, 'istio-system')?.name;

const host = 'reviews.default.svc.cluster.local';

test("the client's namespace comes before the service's, the root last", () => {
  const all = [
    rule('istio-system', 'root', { host: '*.local' }),
    rule('default', 'service', { host }),
    rule('shop', 'client', { host }),
  ];
  assert.equal(found(all, 'shop'), 'client');
  assert.equal(found(all, 'other'), 'service');
  assert.equal(found(all.slice(0, 1), 'other'), 'root');
});

test('the most specific host wins, and private rules stay private', () => {
  assert.equal(
    found(
      [rule('default', 'wild', { host: '*.default.svc.cluster.local' }), rule('default', 'exact', { host })],
      'default',
    ),
    'exact',
  );
  assert.equal(found([rule('default', 'private', { host, exportTo: ['.'] })], 'shop'), undefined);
});

test('rules of one host are merged: the older policy, all subsets', () => {
  const index = indexPolicies([
    rule('default', 'a', { host, subsets: [{ name: 'v1' }] }),
    rule('default', 'b', {
      host,
      trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
      subsets: [{ name: 'v1' }, { name: 'v2' }],
    }),
  ]);
  const merged = policyFor(index, node('default'), reviews, 'istio-system')!;
  assert.deepEqual(
    merged.subsets.map((subset) => subset.name),
    ['v1', 'v2'],
  );
  assert.equal(merged.policy?.balancing?.simple, 'RANDOM');
});

test('a rule for selected workloads beats one for all, for those workloads', () => {
  const all = [
    rule('default', 'all', { host }),
    rule('default', 'some', { host, workloadSelector: { matchLabels: { app: 'web' } } }),
  ];
  assert.equal(found(all, 'default', { app: 'web' }), 'some');
  assert.equal(found(all, 'default', { app: 'other' }), 'all');
});
