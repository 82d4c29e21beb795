import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@lateen/kube/types';
import { humanDuration, selectorText } from './format.ts';
import { podCells } from './pods.ts';

const now = Date.parse('2026-01-01T01:00:00Z');

test('durations are as coarse as kubectl prints them', () => {
  const text = (seconds: number) => humanDuration(seconds * 1000);
  assert.deepEqual(
    [0, 119, 120, 599, 600, 10_799, 10_800, 28_800, 172_800, 200_000, 691_200, 70_000_000].map(text),
    ['0s', '119s', '2m', '9m59s', '10m', '179m', '3h', '8h', '2d', '2d7h', '8d', '2y80d'],
  );
  assert.equal(humanDuration(-5000), '<invalid>');
});

test('selectors are sorted by key', () => {
  const expressions = [
    { key: 'b', operator: 'NotIn', values: ['2', '1'] },
    { key: 'a', operator: 'Exists' },
  ];
  assert.equal(
    selectorText({ matchLabels: { c: 'd' }, matchExpressions: expressions }),
    'a,b notin (1,2),c=d',
  );
  assert.equal(selectorText({}), '<none>');
});

function pod(status: object, more: { spec?: object; metadata?: object } = {}): KubeObject {
  const container = (name: string) => ({ name });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', creationTimestamp: '2026-01-01T00:58:00Z', ...more.metadata },
    spec: { containers: [container('a'), container('b')], ...more.spec },
    status,
  };
}

const running = (name: string, ready = true, restartCount = 0) => ({
  name,
  ready,
  restartCount,
  state: { running: {} },
});
const ended = (name: string, exitCode: number, reason: string) => ({
  name,
  restartCount: 0,
  state: { terminated: { exitCode, reason } },
});
const shown = (object: KubeObject) => podCells(object, now).slice(1, 4);

test('a pod is summed up from its containers', () => {
  assert.deepEqual(shown(pod({ phase: 'Running', containerStatuses: [running('a'), running('b', false)] })), [
    '1/2',
    'Running',
    '0',
  ]);
  const crash = {
    ...running('b', false, 3),
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { finishedAt: '2026-01-01T00:59:30Z' } },
  };
  assert.deepEqual(shown(pod({ phase: 'Running', containerStatuses: [running('a'), crash] })), [
    '1/2',
    'CrashLoopBackOff',
    '3 (30s ago)',
  ]);
  const done = { phase: 'Running', containerStatuses: [ended('a', 0, 'Completed'), running('b')] };
  assert.deepEqual(shown(pod(done)), ['1/2', 'NotReady', '0']);
  const going = { metadata: { deletionTimestamp: '2026-01-01T00:59:00Z' } };
  assert.equal(shown(pod({ phase: 'Running' }, going))[1], 'Terminating');
});

test('init containers and native sidecars show where a pod is', () => {
  const spec = { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }, { name: 'setup' }] };
  const sidecar = { ...running('proxy'), started: true };
  const waiting = { name: 'setup', restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } };
  assert.deepEqual(shown(pod({ phase: 'Pending', initContainerStatuses: [sidecar, waiting] }, { spec })), [
    '1/3',
    'Init:1/2',
    '0',
  ]);
  const failed = ended('setup', 1, 'Error');
  assert.equal(
    shown(pod({ phase: 'Pending', initContainerStatuses: [sidecar, failed] }, { spec }))[1],
    'Init:Error',
  );
});
