import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatKubeYaml, parseKubeYaml, parseYamlDocuments } from './yaml.ts';

test('scalars as kubectl reads them', () => {
  const { value } = parseYamlDocuments(
    'a: on\nb: 0o17\nc: 2024-01-02\nd: 017\ne: "on"\nf: ~\ng: 1_000\nh: 0x1F',
  );
  assert.deepEqual(value[0], { a: true, b: 15, c: '2024-01-02', d: 15, e: 'on', f: null, g: 1000, h: 31 });
});

test('documents, lists and what is no object', () => {
  const text =
    '# comment\n---\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n---\nfoo: 1\n';
  const { value, problems } = parseKubeYaml(text);
  assert.deepEqual(value, [{ apiVersion: 'v1', kind: 'Pod', metadata: {} }]);
  assert.match(problems[0]!.message, /apiVersion is missing/);
  assert.equal(parseKubeYaml('a: [1').problems[0]!.code, 'InvalidYaml');
  assert.equal(parseKubeYaml('{\n\t"apiVersion": "v1",\n\t"kind": "Pod"\n}').value.length, 1);
});

test('prints as kubectl does', () => {
  assert.equal(formatKubeYaml({ b: [{ x: 'on' }], a: '1' }), 'a: "1"\nb:\n- x: "on"\n');
});
