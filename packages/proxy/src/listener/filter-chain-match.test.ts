import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilterChainMatcher, type MatchInput } from './filter-chain-match.ts';

type Chain = { name: string };

function matcher(
  rules: Record<string, Record<string, unknown>>,
  fallback?: string,
): FilterChainMatcher<Chain> {
  const result = new FilterChainMatcher<Chain>();
  for (const [name, match] of Object.entries(rules)) assert.equal(result.add(match, { name }), undefined);
  if (fallback) result.setDefault({ name: fallback });
  return result;
}

const input = (changes: Partial<MatchInput> = {}): MatchInput => ({
  local: { address: '127.0.0.1', port: 80 },
  remote: { address: '127.0.0.1', port: 5000 },
  directRemote: { address: '127.0.0.1', port: 5000 },
  serverName: '',
  transportProtocol: 'raw_buffer',
  applicationProtocols: [],
  ...changes,
});

const at = (address: string, port = 80) => ({ address, port });

test('the destination port decides before the address, and there is no way back', () => {
  const chains = matcher(
    {
      port: { destinationPort: 80, prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }] },
      address: { prefixRanges: [{ addressPrefix: '127.0.0.0', prefixLen: 8 }] },
    },
    'default',
  );
  assert.equal(chains.find(input())?.name, 'default');
  assert.equal(chains.find(input({ local: at('127.0.0.1', 81) }))?.name, 'address');
  assert.equal(chains.find(input({ local: at('10.1.2.3') }))?.name, 'port');
});

test('the longest prefix wins, in both families', () => {
  const chains = matcher({
    wide: { prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }] },
    narrow: { prefixRanges: [{ addressPrefix: '10.1.0.0', prefixLen: 16 }] },
    six: { prefixRanges: [{ addressPrefix: 'fd00::', prefixLen: 8 }] },
  });
  assert.equal(chains.find(input({ local: at('10.1.9.9') }))?.name, 'narrow');
  assert.equal(chains.find(input({ local: at('10.2.0.1') }))?.name, 'wide');
  assert.equal(chains.find(input({ local: at('fd12::1') }))?.name, 'six');
  assert.equal(chains.find(input({ local: at('192.0.2.1') })), undefined);
});

test('server names: exact, then the longest wildcard, whatever the case', () => {
  const chains = matcher({
    exact: { serverNames: ['a.b.test'] },
    long: { serverNames: ['*.b.test'] },
    short: { serverNames: ['*.test'] },
    tls: { transportProtocol: 'tls' },
  });
  const named = (serverName: string) => chains.find(input({ serverName, transportProtocol: 'tls' }))?.name;
  assert.deepEqual(['A.b.test', 'x.b.test', 'x.test', 'other'].map(named), ['exact', 'long', 'short', 'tls']);
});

test('a source type wins over a source address; only 127.0.0.1 is loopback', () => {
  const chains = matcher({
    external: { sourceType: 'EXTERNAL' },
    two: { sourcePrefixRanges: [{ addressPrefix: '127.0.0.2', prefixLen: 32 }] },
    any: {},
  });
  const from = (address: string) => chains.find(input({ remote: at(address, 1) }))?.name;
  assert.deepEqual(['127.0.0.1', '127.0.0.2', '10.0.0.1'].map(from), ['any', 'external', 'external']);
});

test('equal and malformed rules are named', () => {
  const chains = matcher({ one: { serverNames: ['x'] } });
  assert.deepEqual(chains.add({ serverNames: ['y', 'x'] }, { name: 'two' }), { name: 'one' });
  assert.match(String(chains.add({ serverNames: ['a*.b'] }, { name: 'three' })), /partial wildcards/);
});
