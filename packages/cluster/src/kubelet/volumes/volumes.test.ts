import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { KubeObject } from '@lateen/kube';
import { writeAtomically } from './atomic-writer.ts';
import { volumeFiles } from './files.ts';
import { PodVolumes } from './pod-volumes.ts';

const file = (text: string, mode = 0o644) => ({ content: Buffer.from(text), mode });

function withDirectory(body: (directory: string) => void): void {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lateen-volume-'));
  try {
    body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('a volume is replaced as a whole, and only when it changed', () =>
  withDirectory((directory) => {
    const data = path.join(directory, '..data');
    const read = (name: string) => readFileSync(path.join(directory, name), 'utf8');
    writeAtomically(
      directory,
      new Map([
        ['a', file('1', 0o600)],
        ['sub/b', file('2')],
      ]),
    );
    assert.equal(read('a') + read('sub/b'), '12');
    assert.equal(statSync(path.join(directory, 'a')).mode & 0o777, 0o600);
    const first = readlinkSync(data);
    writeAtomically(
      directory,
      new Map([
        ['a', file('1')],
        ['sub/b', file('2')],
      ]),
    );
    assert.equal(readlinkSync(data), first);
    writeAtomically(directory, new Map([['a', file('3')]]));
    assert.equal(read('a'), '3');
    assert.deepEqual(readdirSync(directory).sort(), ['..data', readlinkSync(data), 'a'].sort());
  }));

const objects: Record<string, KubeObject> = {
  settings: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { a: '1', b: '2' } },
};
const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', labels: { b: '2', a: '1' } },
  spec: { containers: [] },
};
const input = {
  pod,
  facts: { podIP: '', hostIP: '', nodeName: '', allocatable: {} },
  references: { configMap: (_: string, name: string) => objects[name], secret: () => undefined },
  tokens: new Map([['', 'TOKEN']]),
};
const texts = (volume: object) =>
  Object.fromEntries(
    [...volumeFiles(volume, input)].map(([name, { content }]) => [name, content.toString()]),
  );

test('files of the kinds of volumes', () => {
  assert.deepEqual(texts({ configMap: { name: 'settings', items: [{ key: 'b', path: 'x/y' }] } }), {
    'x/y': '2',
  });
  assert.deepEqual(texts({ configMap: { name: 'none', optional: true } }), {});
  const labels = { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } };
  const sources = [
    { serviceAccountToken: { path: 'token' } },
    { downwardAPI: { items: [labels] } },
    { configMap: { name: 'settings' } },
  ];
  assert.deepEqual(texts({ projected: { sources } }), {
    token: 'TOKEN',
    labels: 'a="1"\nb="2"',
    a: '1',
    b: '2',
  });
  assert.throws(() => texts({ secret: { secretName: 'none' } }), /secret "none" not found/);
});

test('volumes that cannot be had say so', () =>
  withDirectory((directory) => {
    const volumes = new PodVolumes(directory);
    const make = (volume: object) => () =>
      volumes.materialise({ ...input, pod: { ...pod, spec: { volumes: [{ name: 'v', ...volume }] } } });
    assert.throws(
      make({ persistentVolumeClaim: { claimName: 'c' } }),
      /volume "v" : persistent volumes are not supported/,
    );
    assert.throws(make({ hostPath: { path: '/home' } }), /hostPath \/home is not shown/);
    assert.throws(make({ hostPath: { path: '/usr/../home' } }), /is not shown/);
  }));
