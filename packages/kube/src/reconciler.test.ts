import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '@lateen/kit/testing/eventually';
import { createReconciler } from './reconciler.ts';

test('works on a key once for a burst, never twice at once, and again after a failure', async () => {
  const calls: string[] = [];
  let running = 0;
  let failures = 2;
  const reconciler = createReconciler({
    name: 'test',
    backoff: { base: 1, max: 2 },
    async reconcile(key) {
      assert.equal(++running, 1);
      calls.push(key);
      await turn();
      running--;
      if (failures-- > 0) throw new Error('not yet');
    },
  });
  for (let round = 0; round < 5; round++) reconciler.add('a');
  await eventually(() => assert.equal(calls.length, 3));
  await reconciler.idle();
  reconciler.add('a');
  while (running === 0) await turn();
  reconciler.add('a');
  reconciler.add('a');
  await reconciler.idle();
  assert.deepEqual(calls, ['a', 'a', 'a', 'a', 'a']);
  await reconciler.stop();
  reconciler.add('a');
  await reconciler.idle();
  assert.equal(calls.length, 5);
});

test('comes back after the time the work asks for', async () => {
  let calls = 0;
  const reconciler = createReconciler({ name: 'test', reconcile: () => (++calls < 3 ? 1 : undefined) });
  reconciler.add('a');
  await eventually(() => assert.equal(calls, 3));
  await reconciler.stop();
});
