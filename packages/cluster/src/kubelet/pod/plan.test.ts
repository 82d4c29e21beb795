import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planPod } from './plan.ts';
import { type ContainerRecord, initialRecords, type Role } from './record.ts';

const now = 1_000_000;

/** `name role state`: state is `waiting`, `running`, `started` or an exit code; `!` at the end: blocked for a second. */
function records(...lines: string[]): ContainerRecord[] {
  return lines.map((line) => {
    const [name, role, word] = line.split(' ') as [string, Role, string];
    const state = word.replace('!', '');
    const [blank] = initialRecords(
      { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [{ name }] } },
      '2026-01-01T00:00:00Z',
    );
    const times = { startedAt: '', finishedAt: '', containerID: '' };
    const running = state === 'running' || state === 'started';
    return {
      ...blank!,
      role,
      started: state === 'started',
      blockedUntil: word.endsWith('!') ? now + 1000 : 0,
      state: running
        ? { running: { startedAt: '' } }
        : state === 'waiting'
          ? blank!.state
          : { terminated: { ...times, exitCode: Number(state), reason: '' } },
    };
  });
}

const cases: [string, string[], 'Always' | 'OnFailure' | 'Never', object][] = [
  [
    'init containers run one by one',
    ['a init waiting', 'b init waiting', 'c app waiting'],
    'Always',
    { start: ['a'] },
  ],
  ['and each has to end first', ['a init running', 'c app waiting'], 'Always', { start: [] }],
  [
    'then the applications start together',
    ['a init 0', 'c app waiting', 'd app waiting'],
    'Always',
    { start: ['c', 'd'] },
  ],
  ['a failed init container is tried again', ['a init 1', 'c app waiting'], 'Always', { start: ['a'] }],
  [
    'unless the pod must not restart',
    ['a init 1', 'c app waiting'],
    'Never',
    { start: [], finished: 'Failed' },
  ],
  [
    'a sidecar is waited for until it has started',
    ['s sidecar running', 'c app waiting'],
    'Always',
    { start: [] },
  ],
  [
    'and then stays beside the rest',
    ['s sidecar started', 'a init waiting', 'c app waiting'],
    'Always',
    { start: ['a'] },
  ],
  ['a sidecar that ended starts again', ['s sidecar 0', 'c app running'], 'Never', { start: ['s'] }],
  ['an ended application starts again', ['c app 0', 'd app running'], 'Always', { start: ['c'] }],
  ['after its back-off', ['c app 1!', 'd app running'], 'Always', { start: [], wakeAt: now + 1000 }],
  ['or only when it failed', ['c app 0', 'd app 1'], 'OnFailure', { start: ['d'] }],
  [
    'all done',
    ['s sidecar started', 'c app 0', 'd app 0'],
    'OnFailure',
    { start: [], finished: 'Succeeded' },
  ],
  ['one lost', ['c app 0', 'd app 2'], 'Never', { start: [], finished: 'Failed' }],
];

for (const [name, lines, policy, expected] of cases) {
  test(`plan: ${name}`, () => assert.deepEqual(planPod(records(...lines), policy, now), expected));
}

test('what was running on a node that is gone has been lost', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    spec: { initContainers: [{ name: 'i' }], containers: [{ name: 'c' }] },
    status: {
      initContainerStatuses: [{ name: 'i', restartCount: 0, state: { terminated: { exitCode: 0 } } }],
      containerStatuses: [{ name: 'c', restartCount: 2, state: { running: { startedAt: 'then' } } }],
    },
  };
  const [init, app] = initialRecords(pod, 'now');
  assert.equal(app!.state.terminated?.exitCode, 255);
  assert.equal(app!.restartCount, 2);
  assert.deepEqual(planPod([init!, app!], 'Always', now), { start: ['i'] });
});
