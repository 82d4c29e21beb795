import type { KubeObject } from '@lateen/kube/types';

/** The object that people deployed, of which the pod is one instance. */
export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** Follows a pod's controller as far as names tell: a ReplicaSet's Deployment, a Job's CronJob. */
export function workloadOf(pod: KubeObject): Workload {
  const { metadata } = pod;
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  if (!owner)
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      name: metadata.name ?? metadata.generateName?.replace(/-$/, '') ?? '',
    };
  const hash = metadata.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`)) {
    return { apiVersion: owner.apiVersion, kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) };
  }
  const cron = owner.kind === 'Job' ? /^(.+)-\d{8,}$/.exec(owner.name) : null;
  if (cron) return { apiVersion: owner.apiVersion, kind: 'CronJob', name: cron[1]! };
  return { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name };
}

const plurals: Readonly<Record<string, string>> = { Pod: 'pods' };

/** `kubernetes://apis/apps/v1/namespaces/default/deployments/reviews-v1`. */
export function ownerPath(workload: Workload, namespace: string): string {
  const plural = plurals[workload.kind] ?? `${workload.kind.toLowerCase()}s`;
  return `kubernetes://apis/${workload.apiVersion}/namespaces/${namespace}/${plural}/${workload.name}`;
}

const maxLabel = 63;

function label(text: string): string {
  return text.slice(0, maxLabel).replace(/[^A-Za-z0-9]+$/, '');
}

/** The labels by which telemetry names the workload; those that the pod has stay. */
export function canonicalLabels(
  labels: Readonly<Record<string, string>>,
  workload: Workload,
): Record<string, string> {
  const name =
    labels['service.istio.io/canonical-name'] ??
    labels['app.kubernetes.io/name'] ??
    labels.app ??
    workload.name;
  const revision =
    labels['service.istio.io/canonical-revision'] ??
    labels['app.kubernetes.io/version'] ??
    labels.version ??
    'latest';
  return {
    'security.istio.io/tlsMode': labels['security.istio.io/tlsMode'] ?? 'istio',
    'service.istio.io/canonical-name': label(name),
    'service.istio.io/canonical-revision': label(revision),
  };
}
