import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '@lateen/kit';
import { startProbe, ThresholdCounter } from './probe.ts';

test('a threshold is passed by outcomes in a row', () => {
  const counter = new ThresholdCounter(2, 3);
  assert.deepEqual(
    [false, true, false, false, false, false, true, true].map((ok) => counter.add(ok)),
    [false, false, false, false, true, true, false, true],
  );
});

/** A clock that stands still until it is moved. */
class HandClock implements Clock {
  #time = 0;
  #timers: { at: number; callback: () => void }[] = [];
  now = () => this.#time;
  monotonic = () => this.#time;
  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#time + milliseconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  async move(milliseconds: number): Promise<void> {
    const end = this.#time + milliseconds;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#time = next.at;
      next.callback();
      await new Promise(setImmediate);
    }
    this.#time = end;
  }
}

test('a starting container is asked often, but its failures count once a period', async () => {
  const clock = new HandClock();
  const seen = { asked: 0, failures: 0, results: [] as boolean[] };
  let ok = false;
  const stop = startProbe({
    spec: { periodSeconds: 10, failureThreshold: 2 },
    clock,
    check: async () => {
      seen.asked++;
      return { ok, message: 'no' };
    },
    onFailure: () => seen.failures++,
    onResult: (result) => seen.results.push(result),
  });
  await clock.move(5_000);
  assert.equal(seen.failures, 1);
  assert.ok(seen.asked >= 5);
  ok = true;
  await clock.move(1_000);
  assert.deepEqual(seen.results, [true]);
  const before = seen.asked;
  await clock.move(30_000);
  assert.equal(seen.asked, before + 3);
  stop();
  await clock.move(30_000);
  assert.equal(seen.asked, before + 3);
});
