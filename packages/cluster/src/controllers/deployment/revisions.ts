import { semanticEqual } from '../common/canonical.ts';
import { templateHash } from '../common/names.ts';
import { ownerReference } from '../common/owners.ts';
import {
  byCreation,
  type Deployment,
  desiredReplicasAnnotation,
  hashLabel,
  maxReplicasAnnotation,
  maxSurge,
  type ReplicaSet,
  revisionAnnotation,
  revisionHistoryAnnotation,
  revisionOf,
} from './types.ts';

/** Annotations of a Deployment that its ReplicaSets do not take over. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);

/** The ReplicaSet made from the Deployment's present template, whatever its hash. */
export function findCurrent(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets
    .toSorted(byCreation)
    .find((set) => semanticEqual(withoutHash(set.spec.template), withoutHash(deployment.spec.template)));
}

function withoutHash(template: any): any {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

/** Annotations of the new ReplicaSet: the Deployment's, its revision, and the revisions it has had before. */
export function revisionAnnotations(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const annotations = { ...set?.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) annotations[key] = value;
  }
  const previous = annotations[revisionAnnotation];
  if (Number(previous ?? 0) < revision) {
    annotations[revisionAnnotation] = String(revision);
    if (previous) {
      const history = annotations[revisionHistoryAnnotation];
      annotations[revisionHistoryAnnotation] = history ? `${history},${previous}` : previous;
    }
  }
  return set ? annotations : { ...annotations, ...replicasAnnotations(deployment) };
}

/** What a later change of scale is compared with. */
export function replicasAnnotations(deployment: Deployment): Record<string, string> {
  const { replicas } = deployment.spec;
  return {
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + maxSurge(deployment)),
  };
}

/** The ReplicaSet for a template that has none yet. */
export function newReplicaSet(deployment: Deployment, replicas: number, revision: number): ReplicaSet {
  const { metadata, spec, status } = deployment;
  const template = structuredClone(spec.template);
  const hash = templateHash(template, status?.collisionCount);
  template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [hashLabel]: hash } };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels: { ...template.metadata.labels },
      annotations: revisionAnnotations(deployment, undefined, revision),
      ownerReferences: [ownerReference({ ...deployment, apiVersion: 'apps/v1', kind: 'Deployment' })],
    },
    spec: {
      replicas,
      minReadySeconds: spec.minReadySeconds,
      selector: {
        ...structuredClone(spec.selector),
        matchLabels: { ...spec.selector?.matchLabels, [hashLabel]: hash },
      },
      template,
    },
  };
}

/** Old ReplicaSets beyond the history that the Deployment keeps, oldest first. */
export function expired(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const alive = old.filter((set) => !set.metadata.deletionTimestamp);
  const surplus = alive.length - (deployment.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return [];
  return alive
    .toSorted((left, right) => revisionOf(left) - revisionOf(right) || byCreation(left, right))
    .slice(0, surplus)
    .filter(
      ({ spec, status, metadata }) =>
        spec.replicas === 0 &&
        (status?.replicas ?? 0) === 0 &&
        (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
    );
}
