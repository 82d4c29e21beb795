import { hasLabels, type KubeObject } from '@lateen/kube';
import {
  type Condition,
  findCondition,
  timestamp,
  withCondition,
  withoutCondition,
} from '../common/conditions.ts';
import { availableIn, isPodAvailable, isPodReady } from '../common/pods.ts';

/** The status that the active pods of a ReplicaSet add up to. */
export function replicaSetStatus(
  set: KubeObject,
  active: readonly KubeObject[],
  failure: Error | undefined,
  now: number,
): any {
  const templateLabels = set.spec.template.metadata?.labels ?? {};
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const count = (test: (pod: KubeObject) => boolean) => active.filter(test).length || undefined;
  return {
    ...set.status,
    replicas: active.length,
    fullyLabeledReplicas: count((pod) => hasLabels(pod.metadata.labels, templateLabels)),
    readyReplicas: count(isPodReady),
    availableReplicas: count((pod) => isPodAvailable(pod, minReadySeconds, now)),
    observedGeneration: set.metadata.generation,
    conditions: failureCondition(set, active.length, failure, now),
  };
}

function failureCondition(
  set: KubeObject,
  active: number,
  failure: Error | undefined,
  now: number,
): Condition[] {
  const conditions: Condition[] | undefined = set.status?.conditions;
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  if (findCondition(conditions, 'ReplicaFailure')) return conditions!;
  const reason = active < set.spec.replicas ? 'FailedCreate' : 'FailedDelete';
  const lastTransitionTime = timestamp(now);
  return withCondition(conditions, {
    type: 'ReplicaFailure',
    status: 'True',
    reason,
    message: failure.message,
    lastTransitionTime,
  });
}

/** Milliseconds until the next ready pod has been so for long enough; undefined when none is waiting. */
export function availabilityDelay(
  set: KubeObject,
  active: readonly KubeObject[],
  now: number,
): number | undefined {
  const seconds = set.spec.minReadySeconds ?? 0;
  const waits = active
    .filter((pod) => seconds > 0 && isPodReady(pod))
    .map((pod) => availableIn(pod, seconds, now))
    .filter((wait) => wait > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
