import {
  activeOf,
  allOf,
  byCreation,
  countedBy,
  type Deployment,
  isRollingUpdate,
  maxSurge,
  maxUnavailable,
  type ReplicaSet,
  type ReplicaSets,
  wantedBy,
} from './types.ts';

/** One ReplicaSet and the number of replicas it is to have. */
export interface Scale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** Replicas of the new ReplicaSet now: as many as the surge allows. */
export function newReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const { replicas } = deployment.spec;
  if (!isRollingUpdate(deployment)) return replicas;
  const room = replicas + maxSurge(deployment) - wantedBy(all);
  return room <= 0 ? current : current + Math.min(room, replicas - current);
}

/** What becomes of the old ReplicaSets in this step of a rolling update: unhealthy replicas go first. */
export function scaleDownOld(deployment: Deployment, sets: ReplicaSets): Scale[] {
  const old = activeOf(sets.old).toSorted(byCreation);
  const minAvailable = deployment.spec.replicas - maxUnavailable(deployment);
  const { current } = sets;
  const missing = current ? current.spec.replicas - (current.status?.availableReplicas ?? 0) : 0;
  const room = wantedBy(allOf(sets)) - minAvailable - missing;
  if (old.length === 0 || room <= 0) return [];
  const afterCleanup = new Map(old.map((set) => [set, set.spec.replicas]));
  dropUnhealthy(afterCleanup, room);
  dropAvailable(afterCleanup, countedBy(allOf(sets), 'availableReplicas') - minAvailable);
  return [...afterCleanup]
    .filter(([set, replicas]) => replicas !== set.spec.replicas)
    .map(([set, replicas]) => ({ set, replicas }));
}

function dropUnhealthy(sizes: Map<ReplicaSet, number>, room: number): void {
  let left = room;
  for (const [set, replicas] of sizes) {
    const unhealthy = replicas - (set.status?.availableReplicas ?? 0);
    const dropped = Math.max(0, Math.min(left, unhealthy));
    sizes.set(set, replicas - dropped);
    left -= dropped;
  }
}

function dropAvailable(sizes: Map<ReplicaSet, number>, room: number): void {
  let left = room;
  for (const [set, replicas] of sizes) {
    if (left <= 0) return;
    const dropped = Math.min(left, replicas);
    sizes.set(set, replicas - dropped);
    left -= dropped;
  }
}
