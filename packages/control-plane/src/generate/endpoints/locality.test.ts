import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, Locality } from '../../ir/service.ts';
import { applyLocality, byLocality } from './locality.ts';

const place = (region: string, zone: string): Locality => ({ region, zone, subZone: '' });

function endpoint(address: string, locality: Locality, labels: Record<string, string> = {}): Endpoint {
  return {
    address,
    port: 80,
    portName: 'http',
    labels,
    namespace: 'default',
    workloadName: address,
    locality,
    weight: 1,
    tls: false,
    health: 'healthy',
  };
}

const groups = byLocality([
  endpoint('a', place('east', 'e1'), { version: 'v1' }),
  endpoint('b', place('east', 'e2'), { version: 'v2' }),
  endpoint('c', place('west', 'w1'), { version: 'v1' }),
  endpoint('d', place('north', 'n1')),
]);
const client = place('east', 'e1');
const nothing = { distribute: [], failover: [], failoverPriority: [] };
const ranks = (list: ReturnType<typeof applyLocality>) =>
  list.map((group) => [group.endpoints.map((e) => e.address).join(), group.priority]);

test('without failing over every place is as good', () => {
  assert.deepEqual(
    ranks(applyLocality(groups, nothing, client, {}, false)).map(([, rank]) => rank),
    [0, 0, 0, 0],
  );
});

test('nearer places come first, without gaps, and the failover region before others', () => {
  const policy = { ...nothing, failover: [{ from: 'east', to: 'west' }] };
  assert.deepEqual(ranks(applyLocality(groups, policy, client, {}, true)), [
    ['a', 0],
    ['b', 1],
    ['d', 3],
    ['c', 2],
  ]);
});

test("shares are by the client's place", () => {
  const policy = { ...nothing, distribute: [{ from: 'east/*', to: { 'east/e1/*': 80, 'west/*': 20 } }] };
  assert.deepEqual(
    applyLocality(groups, policy, client, {}, false).map((group) => [
      group.endpoints[0]!.address,
      group.weight,
    ]),
    [
      ['a', 80],
      ['c', 20],
    ],
  );
});

test('priorities by labels', () => {
  const policy = { ...nothing, failoverPriority: ['version'] };
  assert.deepEqual(ranks(applyLocality(groups, policy, client, { version: 'v1' }, true)), [
    ['a', 0],
    ['b', 1],
    ['d', 1],
    ['c', 0],
  ]);
});
