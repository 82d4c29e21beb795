/** A condition of a status, in the shape that Deployments, Jobs, ReplicaSets and Namespaces share. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
  lastProbeTime?: string;
}

export function findCondition(conditions: Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with this one put last, as Kubernetes' workload controllers do: nothing changes when status and reason
 * stay, and the transition time stays when the status does.
 */
export function withCondition(conditions: Condition[] | undefined, next: Condition): Condition[] {
  const current = findCondition(conditions, next.type);
  if (current && current.status === next.status && current.reason === next.reason) return conditions!;
  const kept = withoutCondition(conditions, next.type);
  const same = current?.status === next.status;
  return [...kept, same ? { ...next, lastTransitionTime: current!.lastTransitionTime } : next];
}

export function withoutCondition(conditions: Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/** A point in time as Kubernetes writes it: seconds, in UTC. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
