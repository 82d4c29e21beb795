import type { ContainerRecord } from './record.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** What is to be done next with a pod's containers. */
export interface PodPlan {
  /** Containers to start, in this order, each after the start of the one before is over. */
  readonly start: readonly string[];
  /** When to look again because a container waits for its back-off (milliseconds); absent when nothing waits. */
  readonly wakeAt?: number;
  /** All work is done or lost for good: the sidecars end and the phase is final. */
  readonly finished?: 'Succeeded' | 'Failed';
}

const isRunning = ({ state }: ContainerRecord) => state.running !== undefined;
const exitCode = ({ state }: ContainerRecord) => state.terminated?.exitCode;

/** Whether an ended application container is to be started again. */
export function restarts(record: ContainerRecord, policy: RestartPolicy): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode(record) !== 0);
}

/** Decides, from what is known of the containers, which may start now. Pure. */
export function planPod(records: readonly ContainerRecord[], policy: RestartPolicy, now: number): PodPlan {
  const finished = finalPhase(records, policy);
  if (finished) return { start: [], finished };
  const plan = new Starts(now);
  for (const record of records.filter(({ role }) => role !== 'app')) {
    if (record.role === 'sidecar') {
      if (!isRunning(record)) plan.add(record);
      if (!record.started) return plan.result;
    } else if (exitCode(record) !== 0) {
      if (!isRunning(record)) plan.add(record);
      return plan.result;
    }
  }
  for (const record of records.filter(({ role }) => role === 'app')) {
    if (isRunning(record)) continue;
    if (!record.state.terminated || restarts(record, policy)) plan.add(record);
  }
  return plan.result;
}

class Starts {
  readonly #now: number;
  readonly #start: string[] = [];
  #wakeAt: number | undefined;

  constructor(now: number) {
    this.#now = now;
  }

  add({ name, blockedUntil }: ContainerRecord): void {
    if (blockedUntil <= this.#now) this.#start.push(name);
    else this.#wakeAt = Math.min(this.#wakeAt ?? blockedUntil, blockedUntil);
  }

  get result(): PodPlan {
    return this.#wakeAt === undefined ? { start: this.#start } : { start: this.#start, wakeAt: this.#wakeAt };
  }
}

function finalPhase(records: readonly ContainerRecord[], policy: RestartPolicy): PodPlan['finished'] {
  const failedInit = records.some(
    (record) => record.role === 'init' && record.state.terminated !== undefined && exitCode(record) !== 0,
  );
  if (failedInit && policy === 'Never') return 'Failed';
  const apps = records.filter(({ role }) => role === 'app');
  if (apps.length === 0 || !apps.every((record) => record.state.terminated && !restarts(record, policy)))
    return undefined;
  return apps.every((record) => exitCode(record) === 0) ? 'Succeeded' : 'Failed';
}
