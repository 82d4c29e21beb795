import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinKind } from '../../schema/index.ts';
import { decodeProtobuf } from './decode.ts';
import { pruneEmpty } from './prune.ts';

/** One length-delimited field. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function number(tag: number, value: number): Buffer {
  return Buffer.from([tag << 3, value]);
}

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const type = Buffer.concat([field(1, apiVersion), field(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, raw)]);
}

test('a ConfigMap and a Deployment in protobuf are what they are in JSON', async () => {
  const entry = Buffer.concat([field(1, 'key'), field(2, 'value')]);
  const map = Buffer.concat([field(1, field(1, 'cm')), field(2, entry)]);
  assert.deepEqual(await decodeProtobuf(envelope('v1', 'ConfigMap', map)), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cm' },
    data: { key: 'value' },
  });
  const surge = Buffer.concat([number(1, 1), field(3, '25%')]);
  const strategy = Buffer.concat([field(1, ''), field(2, field(2, surge))]);
  const spec = Buffer.concat([number(1, 0), field(4, strategy), number(5, 0)]);
  const raw = Buffer.concat([field(1, field(1, 'web')), field(2, spec)]);
  const deployment: any = await decodeProtobuf(envelope('apps/v1', 'Deployment', raw));
  const kind = builtinKind({ group: 'apps', version: 'v1', kind: 'Deployment' })!;
  pruneEmpty(kind.root, deployment);
  // Zero replicas were meant, zero seconds only are what Go writes for nothing.
  assert.deepEqual(deployment.spec, { replicas: 0, strategy: { rollingUpdate: { maxSurge: '25%' } } });
});

test('broken protobuf is a bad request', async () => {
  const whole = envelope('v1', 'ConfigMap', field(1, field(1, 'cm')));
  for (const body of [
    whole.subarray(0, whole.length - 2),
    Buffer.from('{}'),
    Buffer.from('k8s\0\xff\xff\xff', 'latin1'),
  ]) {
    await assert.rejects(decodeProtobuf(body), (error: any) => error.code === 400);
  }
});
