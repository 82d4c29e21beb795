import type { Scale } from './rolling.ts';
import {
  activeOf,
  allOf,
  byCreation,
  type Deployment,
  isRollingUpdate,
  maxReplicasAnnotation,
  maxSurge,
  type ReplicaSet,
  type ReplicaSets,
  wantedBy,
} from './types.ts';

/** How the ReplicaSets share a changed number of replicas when no rollout moves them: one takes all, several in proportion. */
export function scaleSets(deployment: Deployment, sets: ReplicaSets): Scale[] {
  const { replicas } = deployment.spec;
  const only = activeOrLatest(sets);
  if (only) return only.spec.replicas === replicas ? [] : [{ set: only, replicas }];
  if (sets.current && isSaturated(deployment, sets.current)) {
    return activeOf(sets.old).map((set) => ({ set, replicas: 0 }));
  }
  return isRollingUpdate(deployment) ? proportional(deployment, activeOf(allOf(sets))) : [];
}

function activeOrLatest({ current, old }: ReplicaSets): ReplicaSet | undefined {
  const active = activeOf(allOf({ current, old }));
  if (active.length > 1) return undefined;
  return active[0] ?? current ?? old.toSorted(byCreation).at(-1);
}

function isSaturated({ spec }: Deployment, set: ReplicaSet): boolean {
  const available = set.status?.availableReplicas ?? 0;
  return set.spec.replicas === spec.replicas && available === spec.replicas;
}

function proportional(deployment: Deployment, active: ReplicaSet[]): Scale[] {
  const { replicas } = deployment.spec;
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - wantedBy(active);
  const newerFirst = toAdd > 0 ? -1 : 1;
  const sorted = active.toSorted(
    (left, right) => right.spec.replicas - left.spec.replicas || newerFirst * byCreation(left, right),
  );
  let added = 0;
  const sizes = sorted.map((set) => {
    const share = toAdd === 0 ? 0 : shareOf(deployment, set, toAdd, added);
    added += share;
    return set.spec.replicas + share;
  });
  if (toAdd !== 0 && sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  return sorted.map((set, index) => ({ set, replicas: sizes[index]! }));
}

function shareOf(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (set.spec.replicas === 0 || toAdd === added) return 0;
  const left = toAdd - added;
  const share = fractionOf(deployment, set);
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
}

function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  const { replicas } = deployment.spec;
  if (replicas === 0) return -set.spec.replicas;
  const before =
    Number(set.metadata.annotations?.[maxReplicasAnnotation]) ||
    deployment.status?.replicas ||
    set.spec.replicas;
  return Math.round((set.spec.replicas * (replicas + maxSurge(deployment))) / before) - set.spec.replicas;
}
