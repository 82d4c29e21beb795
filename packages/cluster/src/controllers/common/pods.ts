import type { KubeObject } from '@lateen/kube';
import { type Condition, findCondition } from './conditions.ts';
import { ownerReference } from './owners.ts';

/** Neither finished nor being deleted. */
export function isPodActive(pod: KubeObject): boolean {
  return !isPodFinished(pod) && !pod.metadata.deletionTimestamp;
}

export function isPodFinished(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function readyCondition(pod: KubeObject): Condition | undefined {
  return findCondition(pod.status?.conditions, 'Ready');
}

export function isPodReady(pod: KubeObject): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** Whether the pod has been ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: KubeObject, minReadySeconds: number, now: number): boolean {
  if (!isPodReady(pod)) return false;
  return minReadySeconds === 0 || availableIn(pod, minReadySeconds, now) <= 0;
}

/** Milliseconds until a ready pod counts as available. */
export function availableIn(pod: KubeObject, minReadySeconds: number, now: number): number {
  const since = Date.parse(readyCondition(pod)?.lastTransitionTime ?? '');
  return Number.isNaN(since) ? minReadySeconds * 1000 : since + minReadySeconds * 1000 - now;
}

/** The pod that `owner` makes from its template; the API server completes the name. */
export function podFromTemplate(owner: KubeObject, template: any): KubeObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const name = owner.metadata.name!;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      namespace: owner.metadata.namespace,
      labels: { ...labels },
      annotations: { ...annotations },
      finalizers: finalizers ? [...finalizers] : undefined,
      ownerReferences: [ownerReference(owner)],
    },
    spec: structuredClone(template.spec),
  };
}

/** Most in favour of deletion first: not bound, not running, not ready, cheap, crowded, recently ready, restarted, young. */
export function sortForDeletion(pods: readonly KubeObject[], related: readonly KubeObject[]): KubeObject[] {
  const crowd = new Map<string, number>();
  for (const pod of related) {
    if (isPodActive(pod)) crowd.set(pod.spec.nodeName ?? '', (crowd.get(pod.spec.nodeName ?? '') ?? 0) + 1);
  }
  const ranks = pods.map((pod) => ({
    pod,
    rank: deletionRank(pod, crowd.get(pod.spec.nodeName ?? '') ?? 0),
  }));
  ranks.sort((left, right) => compareRanks(left.rank, right.rank));
  return ranks.map(({ pod }) => pod);
}

function deletionRank(pod: KubeObject, crowd: number): number[] {
  const phases: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
  const ready = readyCondition(pod);
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  const restarts = Math.max(
    0,
    ...(pod.status?.containerStatuses ?? []).map((status: any) => status.restartCount ?? 0),
  );
  return [
    pod.spec.nodeName ? 1 : 0,
    phases[pod.status?.phase] ?? 0,
    ready?.status === 'True' ? 1 : 0,
    cost,
    -crowd,
    ready?.status === 'True' ? -Date.parse(ready.lastTransitionTime ?? '') || 0 : 0,
    -restarts,
    -Date.parse(pod.metadata.creationTimestamp ?? '') || 0,
  ];
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    if (value !== right[index]) return value - right[index]!;
  }
  return 0;
}

/** `maxSurge`, `maxUnavailable` and their like: a number, or a percentage of `total`. */
export function resolveIntOrPercent(
  value: number | string | undefined,
  total: number,
  roundUp: boolean,
): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value);
  if (!percent) return Number(value) || 0;
  const exact = (Number(percent[1]) * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}
