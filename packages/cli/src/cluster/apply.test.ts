import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLastApplied } from './apply.ts';

test('the annotation is what kubectl would write: keys sorted, HTML characters escaped as Go does', () => {
  const object = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'a', namespace: 'default', annotations: { note: 'x' } },
    data: { b: '<&>', a: '1' },
  };
  const annotations = withLastApplied(object).metadata.annotations!;
  assert.equal(annotations.note, 'x');
  assert.equal(
    annotations['kubectl.kubernetes.io/last-applied-configuration'],
    '{"apiVersion":"v1","data":{"a":"1","b":"\\u003c\\u0026\\u003e"},"kind":"ConfigMap","metadata":{"annotations":{"note":"x"},"name":"a","namespace":"default"}}\n',
  );
});

test('an annotation of a former apply is not quoted again', () => {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } };
  assert.deepEqual(withLastApplied(withLastApplied(object)), withLastApplied(object));
});
