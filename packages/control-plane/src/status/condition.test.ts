import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@lateen/kit';
import { desiredStatus, sameStatus } from './condition.ts';

const object = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'v', generation: 3 },
};
const everyone = { total: 2, waiting: [] };
const at = (status: any) => status.conditions[0];
const problem: Problem = {
  code: 'DestinationHostNotFound',
  severity: 'error',
  path: 'spec.http[0]',
  message: 'no such host',
};

test('what all proxies hold is reconciled, and saying so again changes nothing', () => {
  const status = desiredStatus(object, [], everyone, 0);
  assert.deepEqual(
    [at(status).status, at(status).reason, at(status).observedGeneration],
    ['True', 'Distributed', 3],
  );
  const again = desiredStatus({ ...object, status }, [], everyone, 60_000);
  assert.ok(sameStatus(status, again));
  assert.equal(at(again).lastTransitionTime, at(status).lastTransitionTime);
});

test('an error is told with its path', () => {
  const status = desiredStatus(object, [problem], everyone, 0);
  assert.deepEqual(
    [at(status).status, at(status).reason, at(status).message],
    ['False', 'DestinationHostNotFound', 'spec.http[0]: no such host'],
  );
});

test('proxies that have not confirmed are named', () => {
  const status = desiredStatus(object, [], { total: 2, waiting: ['a.default'] }, 0);
  assert.deepEqual([at(status).status, at(status).reason], ['False', 'NotConfirmed']);
  assert.match(at(status).message, /a\.default/);
});

test('a new generation is news', () => {
  const status = desiredStatus(object, [], everyone, 0);
  const changed = { ...object, metadata: { ...object.metadata, generation: 4 }, status };
  assert.ok(!sameStatus(status, desiredStatus(changed, [], everyone, 0)));
});
