import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newReplicas, scaleDownOld } from './rolling.ts';
import { scaleSets } from './scale.ts';
import { type Deployment, maxReplicasAnnotation, type ReplicaSet } from './types.ts';

function deployment(
  replicas: number,
  maxSurge: number | string,
  maxUnavailable: number | string,
): Deployment {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
  const spec = { replicas, selector: {}, template: {}, strategy };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec };
}

function set(
  name: string,
  replicas: number,
  availableReplicas: number,
  age: number,
  max?: number,
): ReplicaSet {
  const creationTimestamp = new Date(1e12 - age * 1000).toISOString();
  const annotations: Record<string, string> = max ? { [maxReplicasAnnotation]: String(max) } : {};
  const metadata = { name, creationTimestamp, annotations };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata,
    spec: { replicas, selector: {}, template: {} },
    status: { availableReplicas },
  };
}

const sizes = (steps: ReturnType<typeof scaleDownOld>) =>
  Object.fromEntries(steps.map(({ set: { metadata }, replicas }) => [metadata.name, replicas]));

test('the new set grows as far as the surge allows', () => {
  const old = set('old', 10, 10, 9);
  assert.equal(newReplicas(deployment(10, '25%', '25%'), [old, set('new', 0, 0, 1)], 0), 3);
  assert.equal(newReplicas(deployment(10, 0, 1), [old, set('new', 0, 0, 1)], 0), 0);
  assert.equal(newReplicas(deployment(2, '25%', '25%'), [set('old', 2, 2, 9), set('new', 0, 0, 1)], 0), 1);
});

test('old sets shrink only as far as enough stays available, broken replicas first', () => {
  const two = deployment(2, '25%', '25%');
  assert.deepEqual(
    sizes(scaleDownOld(two, { current: set('new', 1, 0, 1), old: [set('old', 2, 2, 9)] })),
    {},
  );
  assert.deepEqual(sizes(scaleDownOld(two, { current: set('new', 1, 1, 1), old: [set('old', 2, 2, 9)] })), {
    old: 1,
  });
  const broken = { current: set('new', 3, 0, 1), old: [set('a', 5, 5, 9), set('b', 5, 0, 5)] };
  assert.deepEqual(sizes(scaleDownOld(deployment(10, 3, 2), broken)), { b: 3 });
  const surgeNothing = { current: set('new', 0, 0, 1), old: [set('old', 4, 4, 9)] };
  assert.deepEqual(sizes(scaleDownOld(deployment(4, 0, 1), surgeNothing)), { old: 3 });
});

test('a change of scale in the middle of a rollout is shared in proportion', () => {
  const sets = { current: set('new', 4, 4, 1, 13), old: [set('old', 8, 8, 9, 13)] };
  assert.deepEqual(sizes(scaleSets(deployment(20, 3, 2), sets)), { old: 16, new: 7 });
  assert.deepEqual(sizes(scaleSets(deployment(5, 3, 2), { current: set('new', 3, 3, 1), old: [] })), {
    new: 5,
  });
});
