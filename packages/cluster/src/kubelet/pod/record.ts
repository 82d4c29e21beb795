import type { KubeObject } from '@lateen/kube';

/** What a container is to its pod. */
export type Role = 'init' | 'sidecar' | 'app';

/** A container's state as `status.containerStatuses[].state` has it: exactly one of the three. */
export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: Terminated;
}

export interface Terminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly containerID: string;
}

/** What is known of one container of a pod; replaced as a whole when something changes. */
export interface ContainerRecord {
  readonly name: string;
  readonly role: Role;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
  readonly restartCount: number;
  /** Has run at least once, here or before the node was restarted. */
  readonly hasRun: boolean;
  /** Its start-up is over: post-start hook and startup probe. */
  readonly started: boolean;
  readonly ready: boolean;
  readonly containerID: string;
  readonly imageID: string;
  /** Ends in a row, each soon after the start. */
  readonly failures: number;
  /** Not to be started again before this time (milliseconds). */
  readonly blockedUntil: number;
}

export function roleOf(container: any, isInit: boolean): Role {
  if (!isInit) return 'app';
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

const fresh = {
  lastState: {},
  restartCount: 0,
  hasRun: false,
  started: false,
  ready: false,
  containerID: '',
  imageID: '',
  failures: 0,
  blockedUntil: 0,
};

/**
 * The records of a pod that this node has just met. What its status says was running before has been lost with the node
 * that ran it; init containers run again, because everything they prepared may be gone.
 */
export function initialRecords(pod: KubeObject, now: string): ContainerRecord[] {
  const inits: any[] = pod.spec.initContainers ?? [];
  const waiting = { reason: inits.length > 0 ? 'PodInitializing' : 'ContainerCreating' };
  const record = (container: any, isInit: boolean, statuses: any[] = []): ContainerRecord => {
    const blank = { ...fresh, name: container.name, role: roleOf(container, isInit), state: { waiting } };
    const status = statuses.find(({ name }) => name === container.name);
    return status ? resume(blank, status, now) : blank;
  };
  return [
    ...inits.map((container) => record(container, true, pod.status?.initContainerStatuses)),
    ...pod.spec.containers.map((container: any) => record(container, false, pod.status?.containerStatuses)),
  ];
}

function resume(blank: ContainerRecord, status: any, now: string): ContainerRecord {
  const { state = {}, lastState = {}, restartCount = 0, containerID = '', imageID = '' } = status;
  const lost = state.running && {
    exitCode: 255,
    reason: 'Unknown',
    startedAt: state.running.startedAt,
    finishedAt: now,
    containerID,
  };
  const ended: Terminated | undefined = lost ?? state.terminated;
  const known = { ...blank, restartCount, containerID, imageID, lastState };
  if (!ended) return { ...known, hasRun: Boolean(lastState.terminated) };
  if (blank.role === 'app') return { ...known, hasRun: true, state: { terminated: ended } };
  return { ...known, hasRun: true, lastState: { terminated: ended } };
}
