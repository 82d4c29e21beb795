import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatSelector,
  matchesFields,
  matchesRequirements,
  matchesSelector,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors.ts';

const labels = { app: 'web', tier: '2' };
const rows: Array<[string, boolean]> = [
  ['', true],
  ['app=web', true],
  ['app==web,tier=2', true],
  ['app!=web', false],
  ['other!=web', true],
  ['app in (api, web)', true],
  ['app notin (api,web),tier', false],
  ['!other', true],
  ['!app', false],
  ['example.com/app', false],
  ['tier>1', true],
  ['tier<2', false],
];
for (const [text, expected] of rows) {
  test(`label selector ${text || '(empty)'}`, () => {
    assert.equal(matchesRequirements(parseLabelSelector(text), labels), expected);
  });
}

test('a label selector that cannot be read is refused', () => {
  for (const text of ['a b', '=', 'app in web', 'app=a=b', 'app in (a']) {
    assert.throws(() => parseLabelSelector(text), /label selector/);
  }
});

test('object selectors', () => {
  assert.equal(matchesSelector(undefined, labels), false);
  assert.equal(matchesSelector({}, labels), true);
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['1', '2'] },
      { key: 'gone', operator: 'DoesNotExist' },
    ],
  };
  assert.equal(matchesSelector(selector, labels), true);
  assert.equal(formatSelector(selector), 'app=web,tier in (1,2),!gone');
});

test('field selectors', () => {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a,b' }, spec: { nodeName: 'n' } };
  assert.equal(matchesFields(parseFieldSelector('metadata.name=a\\,b,spec.nodeName!=m'), object), true);
  assert.equal(matchesFields(parseFieldSelector('spec.nodeName=,'), object), false);
  assert.equal(matchesFields(parseFieldSelector('spec.absent='), object), true);
});
