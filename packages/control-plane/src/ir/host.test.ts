import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, fullHost, moreSpecific, narrower, overlap } from './host.ts';

test('patterns cover names and narrower patterns', () => {
  const rows: [string, string, boolean][] = [
    ['*', 'a.b', true],
    ['*.b', 'a.b', true],
    ['*.b', 'b', false],
    ['*.b', '*.a.b', true],
    ['*.a.b', '*.b', false],
    ['a.b', 'a.b', true],
    ['a.b', '*.b', false],
    ['*b', 'ab', true],
  ];
  for (const [pattern, host, expected] of rows)
    assert.equal(covers(pattern, host), expected, `${pattern} ${host}`);
});

test('hosts that overlap have a narrower one', () => {
  assert.equal(overlap('*.b', 'a.b'), true);
  assert.equal(overlap('*.b', '*.c'), false);
  assert.equal(narrower('*.b', 'a.b'), 'a.b');
  assert.equal(narrower('a.b', '*'), 'a.b');
});

test('names come before patterns, long patterns before short ones', () => {
  assert.deepEqual(['*', '*.b', 'x.b', '*.a.b'].sort(moreSpecific), ['x.b', '*.a.b', '*.b', '*']);
});

test('only single-label names are completed', () => {
  assert.equal(fullHost('reviews', 'default', 'cluster.local'), 'reviews.default.svc.cluster.local');
  assert.equal(fullHost('reviews.other', 'default', 'cluster.local'), 'reviews.other');
  assert.equal(fullHost('*', 'default', 'cluster.local'), '*');
});
