import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@lateen/kube';
import { type ContainerRecord, initialRecords } from './record.ts';
import { phaseOf, podStatus } from './status.ts';
import { imageUnknown, runEnded, runStarted } from './transitions.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u', generation: 1 },
  spec: {
    initContainers: [{ name: 'i', image: 'busybox' }],
    containers: [
      { name: 'c', image: 'busybox', volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] },
    ],
  },
  status: { conditions: [{ type: 'Custom', status: 'True' }] },
};
const input = { pod, hostIP: '10.244.0.1', podIP: '10.244.0.2', startTime: 'start', now: 'now' };
const identity = { image: 'busybox', run: 0, containerID: 'lateen://1' };
const ended = (exitCode: number) => ({
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt: 'a',
  finishedAt: 'b',
  containerID: 'lateen://1',
});

const end = (record: ContainerRecord, exitCode: number, failures = 0) =>
  runEnded(
    { ...record, failures },
    {
      terminated: ended(exitCode),
      startedAt: 0,
      now: 1000,
      policy: 'Always',
      terminating: false,
      podLabel: 'p_default(u)',
    },
  );

test('a new pod waits for its init containers', () => {
  const status: any = podStatus({ ...input, records: initialRecords(pod, 'now') });
  assert.equal(status.phase, 'Pending');
  assert.deepEqual(
    status.conditions.map(({ type, status }: any) => `${type}=${status}`),
    [
      'PodReadyToStartContainers=True',
      'Initialized=False',
      'Ready=False',
      'ContainersReady=False',
      'PodScheduled=True',
      'Custom=True',
    ],
  );
  assert.equal(status.conditions[1].message, 'containers with incomplete status: [i]');
  assert.equal(status.containerStatuses[0].state.waiting.reason, 'PodInitializing');
  assert.equal(status.qosClass, 'BestEffort');
});

test('a running pod is ready when its containers are', () => {
  const [init, app] = initialRecords(pod, 'now');
  const done = end(runStarted(init!, identity, 0).record, 0).record;
  const running = { ...runStarted(app!, identity, 0).record, started: true, ready: true };
  const status: any = podStatus({ ...input, records: [done, running] });
  assert.equal(status.phase, 'Running');
  assert.equal(status.conditions.find((c: any) => c.type === 'Ready').status, 'True');
  assert.equal(status.initContainerStatuses[0].ready, true);
  assert.deepEqual(status.containerStatuses[0].volumeMounts, [
    { name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Disabled' },
  ]);
  const again: any = podStatus({
    ...input,
    now: 'later',
    records: [done, running],
    previous: status.conditions,
  });
  assert.deepEqual(again.conditions, status.conditions);
});

test('an ended container starts again at once, then after a back-off', () => {
  const started = runStarted(initialRecords(pod, 'now')[1]!, identity, 0).record;
  const first = end(started, 3);
  assert.equal(first.record.state.terminated?.exitCode, 3);
  assert.equal(first.record.blockedUntil, 1000);
  const second = end(started, 3, first.record.failures);
  assert.deepEqual(second.record.state.waiting, {
    reason: 'CrashLoopBackOff',
    message: 'back-off 10s restarting failed container=c pod=p_default(u)',
  });
  assert.equal(second.record.blockedUntil, 11_000);
  assert.equal(second.events[0]!.message, 'Back-off restarting failed container c in pod p_default(u)');
  assert.equal(phaseOf([second.record], 'Always'), 'Running');
});

test('an unknown image is an error first and waited for then', () => {
  const app = initialRecords(pod, 'now')[1]!;
  const first = imageUnknown(app, 'x:1', 'why', 0);
  assert.equal(first.record.state.waiting?.reason, 'ErrImagePull');
  const second = imageUnknown(first.record, 'x:1', 'why', 0);
  assert.equal(second.record.state.waiting?.reason, 'ImagePullBackOff');
  assert.deepEqual(imageUnknown(second.record, 'x:1', 'why', 0).events, []);
});

test('a finished pod is not ready because it is complete', () => {
  const [init, app] = initialRecords(pod, 'now').map(
    (record) => end(runStarted(record, identity, 0).record, 0).record,
  );
  const records = [init!, { ...app!, state: { terminated: ended(0) } }];
  const status: any = podStatus({ ...input, records, finalPhase: 'Succeeded' });
  assert.equal(status.conditions.find((c: any) => c.type === 'Ready').reason, 'PodCompleted');
});
