import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalQuantity, compareQuantity, parseQuantity, quantityError } from './quantity.ts';

for (const [written, canonical] of [
  ['100m', '100m'],
  ['0.1', '100m'],
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['2000', '2k'],
] as const) {
  test(`quantity ${written} is stored as ${canonical}`, () =>
    assert.equal(canonicalQuantity(written), canonical));
}

for (const text of ['', 'two', '1..5', '10 Mi']) {
  test(`quantity ${JSON.stringify(text)} is refused`, () => {
    assert.equal(canonicalQuantity(text), undefined);
    assert.ok(quantityError(text));
  });
}

test('quantities compare across suffixes', () => {
  const compare = (a: string, b: string) => Math.sign(compareQuantity(parseQuantity(a)!, parseQuantity(b)!));
  assert.deepEqual([compare('1Gi', '1G'), compare('1', '1000m'), compare('500m', '1')], [1, 0, -1]);
});
