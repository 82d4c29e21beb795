import type { KubeObject } from '@lateen/kube';
import { podFromTemplate } from '../common/pods.ts';

export const revisionLabel = 'controller-revision-hash';

/** The number at the end of a pod's name; -1 for one that is not this set's. */
export function ordinalOf(set: KubeObject, pod: KubeObject): number {
  const prefix = `${set.metadata.name}-`;
  const name = pod.metadata.name!;
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d+$/.test(rest) ? Number(rest) : -1;
}

/** The pod with this ordinal, made from the template of a revision. */
export function statefulPod(set: KubeObject, ordinal: number, revision: KubeObject): KubeObject {
  const pod = podFromTemplate(set, revision.data.spec.template);
  const name = `${set.metadata.name}-${ordinal}`;
  delete pod.metadata.generateName;
  pod.metadata.name = name;
  pod.metadata.labels = {
    ...pod.metadata.labels,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionLabel]: revision.metadata.name!,
    'statefulset.kubernetes.io/pod-name': name,
  };
  pod.spec.hostname = name;
  pod.spec.subdomain = set.spec.serviceName;
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }: KubeObject) => metadata.name!);
  const kept = (pod.spec.volumes ?? []).filter((volume: { name: string }) => !claims.includes(volume.name));
  const mounted = claims.map((claim: string) => ({
    name: claim,
    persistentVolumeClaim: { claimName: claimName(claim, name) },
  }));
  if (claims.length > 0) pod.spec.volumes = [...mounted, ...kept];
  return pod;
}

/** The claims that the pod with this ordinal uses; they outlive it. */
export function statefulClaims(set: KubeObject, ordinal: number): KubeObject[] {
  const pod = `${set.metadata.name}-${ordinal}`;
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }: KubeObject) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(metadata.name!, pod),
      namespace: set.metadata.namespace,
      labels: { ...metadata.labels, ...set.spec.selector?.matchLabels },
      annotations: metadata.annotations,
    },
    spec: structuredClone(spec),
  }));
}

function claimName(claim: string, pod: string): string {
  return `${claim}-${pod}`;
}
