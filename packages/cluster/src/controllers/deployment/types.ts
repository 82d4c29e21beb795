import type { KubeObject } from '@lateen/kube';
import { resolveIntOrPercent } from '../common/pods.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';
export const hashLabel = 'pod-template-hash';

export interface Deployment extends KubeObject {
  spec: {
    replicas: number;
    selector: any;
    template: any;
    strategy?: {
      type?: string;
      rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string };
    };
    minReadySeconds?: number;
    revisionHistoryLimit?: number;
    progressDeadlineSeconds?: number;
    paused?: boolean;
  };
}

export interface ReplicaSet extends KubeObject {
  spec: { replicas: number; selector: any; template: any; minReadySeconds?: number };
}

/** The new ReplicaSet of a Deployment, if it is there, and all others. */
export interface ReplicaSets {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

export function allOf({ current, old }: ReplicaSets): ReplicaSet[] {
  return current ? [...old, current] : [...old];
}

export function activeOf(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => set.spec.replicas > 0);
}

/** The sum of what the ReplicaSets are asked for. */
export function wantedBy(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + set.spec.replicas, 0);
}

/** The sum of a status count. */
export function countedBy(
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas',
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
}

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== 2_147_483_647;
}

export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

export function maxUnavailable(deployment: Deployment): number {
  const { replicas } = deployment.spec;
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** Surge rounds up, unavailable rounds down, and both together are never nothing. */
function fenceposts({ spec }: Deployment): { surge: number; unavailable: number } {
  const rolling = spec.strategy?.rollingUpdate;
  const surge = resolveIntOrPercent(rolling?.maxSurge ?? '25%', spec.replicas, true);
  const unavailable = resolveIntOrPercent(rolling?.maxUnavailable ?? '25%', spec.replicas, false);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function byCreation(left: KubeObject, right: KubeObject): number {
  const difference =
    Date.parse(left.metadata.creationTimestamp ?? '') - Date.parse(right.metadata.creationTimestamp ?? '');
  return difference || (left.metadata.name! < right.metadata.name! ? -1 : 1);
}

export function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.[revisionAnnotation] ?? 0) || 0;
}
