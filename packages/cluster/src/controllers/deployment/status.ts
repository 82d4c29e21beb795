import {
  type Condition,
  findCondition,
  timestamp,
  withCondition,
  withoutCondition,
} from '../common/conditions.ts';
import {
  allOf,
  countedBy,
  type Deployment,
  hasProgressDeadline,
  maxUnavailable,
  type ReplicaSets,
  wantedBy,
} from './types.ts';

export function condition(
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
  now: number,
): Condition {
  const time = timestamp(now);
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time };
}

/** The status that the ReplicaSets' status adds up to, without what depends on progress. */
export function deploymentStatus(deployment: Deployment, sets: ReplicaSets, now: number): any {
  const all = allOf(sets);
  const available = countedBy(all, 'availableReplicas');
  const enough = available >= deployment.spec.replicas - maxUnavailable(deployment);
  const next = enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : condition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      );
  return {
    ...deployment.status,
    observedGeneration: deployment.metadata.generation,
    // The API leaves zeros out, and so must what is compared with it.
    replicas: countedBy(all, 'replicas') || undefined,
    updatedReplicas: sets.current?.status?.replicas || undefined,
    readyReplicas: countedBy(all, 'readyReplicas') || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, wantedBy(all) - available) || undefined,
    conditions: withCondition(deployment.status?.conditions, next),
  };
}

/** The status with its Progressing and ReplicaFailure conditions. */
export function rolloutStatus(deployment: Deployment, sets: ReplicaSets, now: number): any {
  const status = deploymentStatus(deployment, sets, now);
  status.conditions = withFailure(progressConditions(deployment, sets, status, now), sets, now);
  return status;
}

function progressConditions(
  deployment: Deployment,
  sets: ReplicaSets,
  status: any,
  now: number,
): Condition[] {
  if (!hasProgressDeadline(deployment)) return withoutCondition(status.conditions, 'Progressing');
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (settled) return status.conditions;
  const subject = sets.current
    ? `ReplicaSet "${sets.current.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  const progressing = (value: Condition['status'], reason: string, text: string) =>
    condition('Progressing', value, reason, `${subject} ${text}`, now);
  if (isComplete(deployment, status)) {
    const done = progressing('True', 'NewReplicaSetAvailable', 'has successfully progressed.');
    return withCondition(status.conditions, done);
  }
  if (hasProgressed(deployment, status)) {
    const next = progressing('True', 'ReplicaSetUpdated', 'is progressing.');
    if (current?.status === 'True') next.lastTransitionTime = current.lastTransitionTime;
    return [...withoutCondition(status.conditions, 'Progressing'), next];
  }
  if (hasTimedOut(deployment, now)) {
    const late = progressing('False', 'ProgressDeadlineExceeded', 'has timed out progressing.');
    return withCondition(status.conditions, late);
  }
  return status.conditions;
}

function withFailure(conditions: Condition[], sets: ReplicaSets, now: number): Condition[] {
  for (const set of [sets.current, ...sets.old]) {
    const failure = findCondition(set?.status?.conditions, 'ReplicaFailure');
    if (failure) {
      const { status, reason = '', message = '' } = failure;
      return withCondition(conditions, condition('ReplicaFailure', status, reason, message, now));
    }
  }
  return withoutCondition(conditions, 'ReplicaFailure');
}

/** Whether every replica is new and available and nothing old is left. */
export function isComplete({ spec, metadata }: Deployment, status: any): boolean {
  return (
    (status.updatedReplicas ?? 0) === spec.replicas &&
    (status.replicas ?? 0) === spec.replicas &&
    (status.availableReplicas ?? 0) === spec.replicas &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}

function hasProgressed({ status: before }: Deployment, after: any): boolean {
  const count = (status: any, field: string) => status?.[field] ?? 0;
  const old = (status: any) => count(status, 'replicas') - count(status, 'updatedReplicas');
  return (
    count(after, 'updatedReplicas') > count(before, 'updatedReplicas') ||
    old(after) < old(before) ||
    count(after, 'readyReplicas') > count(before, 'readyReplicas') ||
    count(after, 'availableReplicas') > count(before, 'availableReplicas')
  );
}

export function hasTimedOut(deployment: Deployment, now: number): boolean {
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (!current || !hasProgressDeadline(deployment) || current.reason === 'NewReplicaSetAvailable')
    return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  return now > deadline(deployment, current);
}

/** Milliseconds until the rollout is late; undefined when it cannot become so. */
export function timeToDeadline(deployment: Deployment, status: any, now: number): number | undefined {
  const current = findCondition(status.conditions, 'Progressing');
  const over =
    !current || ['NewReplicaSetAvailable', 'ProgressDeadlineExceeded'].includes(current.reason ?? '');
  if (over || !hasProgressDeadline(deployment) || isComplete(deployment, status)) return undefined;
  return Math.max(0, deadline(deployment, current) - now) + 1000;
}

function deadline(deployment: Deployment, { lastUpdateTime }: Condition): number {
  return Date.parse(lastUpdateTime ?? '') + deployment.spec.progressDeadlineSeconds! * 1000;
}
