import type { KubeObject } from '@lateen/kube';
import { type Condition, isConditionTrue, timestamp } from '../common/conditions.ts';
import { isPodActive, isPodReady } from '../common/pods.ts';

/** What the pods of a Job have come to. */
export interface JobProgress {
  readonly active: KubeObject[];
  readonly ready: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Indexes of an Indexed Job that are done or at work. */
  readonly taken: Set<number>;
  readonly done: Set<number>;
}

export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';

export function jobProgress(job: KubeObject, pods: readonly KubeObject[]): JobProgress {
  const active = pods.filter(isPodActive);
  const ended = (phase: string) => pods.filter((pod) => pod.status?.phase === phase);
  const done = new Set([...parseIndexes(job.status?.completedIndexes), ...ended('Succeeded').map(indexOf)]);
  const indexed = job.spec.completionMode === 'Indexed';
  return {
    active,
    ready: active.filter(isPodReady).length,
    // Pods that somebody has removed since still count.
    succeeded: indexed ? done.size : Math.max(job.status?.succeeded ?? 0, ended('Succeeded').length),
    failed: Math.max(job.status?.failed ?? 0, ended('Failed').length),
    taken: new Set([...done, ...active.map(indexOf)]),
    done,
  };
}

function indexOf(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.[indexAnnotation] ?? -1);
}

function parseIndexes(text: string | undefined): number[] {
  return (text ?? '').split(',').flatMap((range) => {
    if (range === '') return [];
    const [first, last] = range.split('-').map(Number);
    return Array.from({ length: (last ?? first!) - first! + 1 }, (_, offset) => first! + offset);
  });
}

/** `1,3-5` for a set of numbers. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].filter((index) => index >= 0).sort((left, right) => left - right);
  const ranges: Array<[number, number]> = [];
  for (const index of sorted) {
    const last = ranges.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

export function isJobFinished(job: KubeObject): boolean {
  return (
    isConditionTrue(job.status?.conditions, 'Complete') || isConditionTrue(job.status?.conditions, 'Failed')
  );
}

export interface Failure {
  readonly reason: string;
  readonly message: string;
}

/** Why a Job can no longer succeed, if it cannot. */
export function jobFailure(job: KubeObject, { failed }: JobProgress, now: number): Failure | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds } = job.spec;
  if (failed > backoffLimit) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const started = Date.parse(job.status?.startTime ?? '');
  if (activeDeadlineSeconds !== undefined && now - started >= activeDeadlineSeconds * 1000) {
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  return undefined;
}

export function isJobComplete({ spec }: KubeObject, { succeeded, active }: JobProgress): boolean {
  if (spec.completions === undefined || spec.completions === null)
    return succeeded > 0 && active.length === 0;
  return succeeded >= spec.completions;
}

/** Kubernetes says first that the outcome is certain, then that everything has ended. */
export function endConditions(
  job: KubeObject,
  failure: Failure | undefined,
  allEnded: boolean,
  now: number,
): Condition[] {
  const reason = failure?.reason ?? 'CompletionsReached';
  const message = failure?.message ?? 'Reached expected number of succeeded pods';
  const wanted = failure ? ['FailureTarget', 'Failed'] : ['SuccessCriteriaMet', 'Complete'];
  const conditions: Condition[] = [...(job.status?.conditions ?? [])];
  for (const type of allEnded ? wanted : wanted.slice(0, 1)) {
    if (conditions.some((condition) => condition.type === type)) continue;
    const time = timestamp(now);
    conditions.push({ type, status: 'True', lastProbeTime: time, lastTransitionTime: time, reason, message });
  }
  return conditions;
}
