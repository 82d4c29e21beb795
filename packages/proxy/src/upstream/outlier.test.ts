import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatsStore } from '../telemetry/store.ts';
import { MergeWindow } from './merge-window.ts';
import { OutlierDetector } from './outlier.ts';
import { scriptedRandom, TestClock, testHost } from './testing.ts';

function setUp(message: Record<string, unknown>, hostCount = 2) {
  const clock = new TestClock();
  const hosts = Array.from({ length: hostCount }, (_, i) => testHost(`h${i + 1}`));
  const store = new StatsStore();
  let changes = 0;
  const detector = new OutlierDetector(message, store.scope('cluster.c'), {
    clock,
    random: scriptedRandom(),
    runtime: { number: (_key, fallback) => fallback, boolean: (_key, fallback) => fallback },
    hosts: () => hosts,
    changed: () => {
      changes++;
    },
  });
  const fail = (times: number, status = 500) => {
    for (let i = 0; i < times; i++) detector.report(hosts[0]!, { kind: 'response', status });
  };
  const count = (name: string) => store.counter(`cluster.c.outlier_detection.${name}`).value;
  return { clock, host: hosts[0]!, detector, fail, count, changes: () => changes };
}

test('a host is ejected after failures in a row and comes back after its time', () => {
  const world = setUp({ consecutive5xx: 3, interval: '1s', baseEjectionTime: '5s', maxEjectionPercent: 100 });
  world.fail(2);
  world.detector.report(world.host, { kind: 'response', status: 200 });
  world.fail(2);
  assert.equal(world.host.ejected, false);
  world.fail(1);
  assert.equal(world.host.ejected, true);
  world.clock.advance(4_900);
  assert.equal(world.host.ejected, true);
  world.clock.advance(200);
  assert.equal(world.host.ejected, false);
  assert.equal(world.changes(), 2);
});

test('ten percent of two hosts is none', () => {
  const world = setUp({ consecutive5xx: 2 });
  world.fail(2);
  assert.equal(world.host.ejected, false);
  assert.equal(world.count('ejections_overflow'), 1);
});

test('failures of our own making count apart when told so', () => {
  const world = setUp({
    splitExternalLocalOriginErrors: true,
    consecutiveLocalOriginFailure: 2,
    maxEjectionPercent: 100,
  });
  world.detector.report(world.host, { kind: 'local-origin-failure', reason: 'connect-failed' });
  world.fail(1);
  world.detector.report(world.host, { kind: 'local-origin-failure', reason: 'connect-failed' });
  assert.equal(world.host.ejected, false);
  world.detector.report(world.host, { kind: 'local-origin-failure', reason: 'timeout' });
  assert.equal(world.count('ejections_enforced_consecutive_local_origin_failure'), 1);
});

test('the first change of health applies at once, the next waits for the end of the window', () => {
  const clock = new TestClock();
  let applied = 0;
  const window = new MergeWindow(1000, clock, () => {
    applied++;
  });
  clock.advance(10);
  window.later();
  assert.equal(applied, 1);
  window.later();
  window.later();
  assert.equal(applied, 1);
  clock.advance(1000);
  assert.equal(applied, 2);
});
