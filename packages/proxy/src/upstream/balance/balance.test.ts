import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { StatsStore } from '../../telemetry/store.ts';
import { xxHash64 } from '../hash.ts';
import type { UpstreamHost } from '../host.ts';
import { pictureHosts } from '../host-set.ts';
import { scriptedRandom, testHost } from '../testing.ts';
import type { HashTable } from './consistent.ts';
import { buildMaglev } from './maglev.ts';
import { LeastRequestPicker, RoundRobinPicker } from './pickers.ts';
import { computeLoads } from './priorities.ts';
import { buildRing } from './ring.ts';
import { ZoneBalancer } from './zone.ts';

const recorded: Record<string, Record<string, string>> = JSON.parse(
  readFileSync(new URL('testdata/hash-maps.json', import.meta.url), 'utf8'),
);

const equal = ['h1', 'h2', 'h3', 'h4', 'h5'].map((name) => ({ host: testHost(name), weight: 1 / 5 }));
const uneven = [
  { host: testHost('h1'), weight: 1 / 5 },
  { host: testHost('h2'), weight: 4 / 5 },
];
const ring = { minimum: 1024, maximum: 8_388_608, murmur: false, byHostname: false };

const tables: Record<string, HashTable> = {
  ring: buildRing(equal, ring),
  smallRing: buildRing(equal, { ...ring, minimum: 16, maximum: 16 }),
  murmurRing: buildRing(equal, { ...ring, murmur: true }),
  weightedRing: buildRing(uneven, ring),
  maglev: buildMaglev(equal, 65_537, false),
  weightedMaglev: buildMaglev(uneven, 65_537, false),
};

for (const [name, table] of Object.entries(tables)) {
  test(`${name} maps keys as Envoy does`, () => {
    const keys = Object.keys(recorded[name]!);
    const map = Object.fromEntries(keys.map((key) => [key, table.choose(xxHash64(key), 0)?.hostname]));
    assert.deepEqual(map, recorded[name]);
  });
}

const picture = (hosts: readonly UpstreamHost[], weights: Record<string, number> = {}) =>
  pictureHosts(hosts, new Map(Object.entries(weights)), {
    localityWeighted: Object.keys(weights).length > 0,
    ignoreNewHosts: false,
  });

const loads = { overprovisioning: 140, panicThreshold: 50 };
const down = (name: string, priority = 0) => testHost(name, { priority, healthStatus: 'UNHEALTHY' });

test('load spills over to the next priority once overprovisioning is used up', () => {
  const sets = picture([testHost('a1'), down('a2'), testHost('b1', { priority: 1 })]);
  assert.deepEqual(computeLoads(sets, loads).healthy, [70, 30]);
  assert.deepEqual(computeLoads(sets, { ...loads, overprovisioning: 100 }).healthy, [50, 50]);
});

test('health is ignored when too few hosts are left, and never while the others carry all', () => {
  const alone = computeLoads(picture([testHost('a1'), down('a2'), down('a3')]), loads);
  assert.deepEqual(alone.panic, [true]);
  const helped = computeLoads(
    picture([testHost('a1'), down('a2'), down('a3'), testHost('b1', { priority: 1 })]),
    loads,
  );
  assert.deepEqual(helped.panic, [false, false]);
});

function counts(
  hosts: readonly UpstreamHost[],
  picks: number,
  weights: Record<string, number> = {},
): Record<string, number> {
  const random = scriptedRandom();
  const picker = new RoundRobinPicker(random, undefined);
  const balancer = new ZoneBalancer(
    picker,
    { ...loads, failOnPanic: false },
    random,
    new StatsStore().counter('panic'),
  );
  balancer.update(picture(hosts, weights));
  const result: Record<string, number> = {};
  for (let i = 0; i < picks; i++) {
    const name = balancer.choose({})?.hostname ?? 'none';
    result[name] = (result[name] ?? 0) + 1;
  }
  return result;
}

test('weights are kept exactly over a whole round', () => {
  assert.deepEqual(counts([testHost('a1'), testHost('b1', { weight: 3 })], 40), { a1: 10, b1: 30 });
});

test('localities get their weight, those without one nothing', () => {
  const zone = (region: string) => ({ locality: { region, zone: '', subZone: '' } });
  const hosts = [testHost('a1', zone('x')), testHost('b1', zone('y')), testHost('c1', zone('z'))];
  assert.deepEqual(counts(hosts, 40, { '0|x//': 1, '0|y//': 9 }), { a1: 4, b1: 36 });
});

test('draining hosts are left out and do not count against the others', () => {
  assert.deepEqual(counts([testHost('a1'), testHost('b1', { healthStatus: 'DRAINING' })], 10), { a1: 10 });
});

test('of two hosts drawn the one with fewer requests is taken', () => {
  const [busy, idle] = [testHost('a1'), testHost('b2')];
  busy!.activeRequests = 3;
  const picker = new LeastRequestPicker(
    scriptedRandom([0, 0.9]),
    { choices: 2, bias: 1, fullScan: false },
    undefined,
  );
  assert.equal(picker.pick('s', [busy!, idle!]), idle);
});
