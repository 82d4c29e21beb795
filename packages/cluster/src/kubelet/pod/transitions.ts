import { formatDelay, restartDelay } from './backoff.ts';
import { type RestartPolicy, restarts } from './plan.ts';
import type { ContainerRecord, Terminated } from './record.ts';

/** An event that the pod's user gets to see. */
export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** A container's record after something has happened, and the events that tell of it. */
export interface Transition {
  readonly record: ContainerRecord;
  readonly events: readonly PodEvent[];
}

const normal = (reason: string, message: string): PodEvent => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): PodEvent => ({ type: 'Warning', reason, message });

/** How long until what could not be started, for a reason outside of the container, is tried again. */
export const retryDelay = 2_000;

/** Time as Kubernetes writes it: whole seconds. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

export interface RunIdentity {
  readonly image: string;
  readonly run: number;
  readonly containerID: string;
}

export function runStarted(record: ContainerRecord, identity: RunIdentity, startedAt: number): Transition {
  return {
    record: {
      ...record,
      state: { running: { startedAt: timestamp(startedAt) } },
      lastState: keptLastState(record),
      hasRun: true,
      restartCount: identity.run,
      containerID: identity.containerID,
      imageID: identity.image,
      started: false,
      ready: false,
    },
    events: [
      normal('Pulled', `Container image "${identity.image}" already present on machine`),
      normal('Created', `Created container: ${record.name}`),
      normal('Started', `Started container ${record.name}`),
    ],
  };
}

export interface EndInput {
  readonly terminated: Terminated;
  /** Milliseconds of the run's start. */
  readonly startedAt: number;
  readonly now: number;
  readonly policy: RestartPolicy;
  /** The pod is being deleted: nothing is started again. */
  readonly terminating: boolean;
  /** `NAME_NAMESPACE(UID)`, for the message. */
  readonly podLabel: string;
}

/** A run has ended: the next may begin at once, after a back-off, or never. */
export function runEnded(old: ContainerRecord, input: EndInput): Transition {
  const { terminated, now } = input;
  const record = { ...old, state: { terminated }, started: false, ready: false };
  if (input.terminating || !startsAgain(record, input.policy)) return { record, events: [] };
  const { failures, milliseconds } = restartDelay(record.failures, now - input.startedAt);
  const next = { ...record, failures, blockedUntil: now + milliseconds };
  if (milliseconds === 0) return { record: next, events: [] };
  const restarting = `restarting failed container`;
  const message = `back-off ${formatDelay(milliseconds)} ${restarting}=${record.name} pod=${input.podLabel}`;
  return {
    record: {
      ...next,
      state: { waiting: { reason: 'CrashLoopBackOff', message } },
      lastState: { terminated },
    },
    events: [warning('BackOff', `Back-off ${restarting} ${record.name} in pod ${input.podLabel}`)],
  };
}

function startsAgain(record: ContainerRecord, policy: RestartPolicy): boolean {
  if (record.role === 'sidecar') return true;
  if (record.role === 'init') return record.state.terminated?.exitCode !== 0 && policy !== 'Never';
  return restarts(record, policy);
}

/** What ended last stays known while something is waited for. */
function keptLastState({ state, lastState }: ContainerRecord): ContainerRecord['lastState'] {
  return state.terminated ? { terminated: state.terminated } : lastState;
}

/** Nobody knows the image: first it is an error, and from the second time on something that is waited for. */
export function imageUnknown(
  record: ContainerRecord,
  image: string,
  message: string,
  now: number,
): Transition {
  const reported = record.state.waiting?.reason;
  const waiting = (reason: string, text: string) => ({
    ...record,
    state: { waiting: { reason, message: text } },
    lastState: keptLastState(record),
    blockedUntil: now + retryDelay,
  });
  if (reported !== 'ErrImagePull' && reported !== 'ImagePullBackOff') {
    return {
      record: waiting('ErrImagePull', message),
      events: [
        normal('Pulling', `Pulling image "${image}"`),
        warning('Failed', `Failed to pull image "${image}": ${message}`),
        warning('Failed', 'Error: ErrImagePull'),
      ],
    };
  }
  const backOff = `Back-off pulling image "${image}"`;
  return {
    record: waiting('ImagePullBackOff', `${backOff}: ErrImagePull: ${message}`),
    events:
      reported === 'ImagePullBackOff'
        ? []
        : [normal('BackOff', backOff), warning('Failed', 'Error: ImagePullBackOff')],
  };
}

/** The container could not be made, through no fault of its program; `reason` is its waiting reason. */
export function creationFailed(
  record: ContainerRecord,
  reason: string,
  message: string,
  now: number,
): Transition {
  return {
    record: {
      ...record,
      state: { waiting: { reason, message } },
      lastState: keptLastState(record),
      blockedUntil: now + retryDelay,
    },
    events: [warning('Failed', `Error: ${message}`)],
  };
}
