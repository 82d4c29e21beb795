import type { WorkloadEntry } from '@lateen/api/istio/service-entry';
import type { KubeObject } from '@lateen/kube/types';
import { type Locality, nowhere, type Workload } from '../ir/service.ts';

/** A pod as the mesh sees it; undefined while it has no address, and once it has ended. */
export function fromPod(pod: KubeObject, nodes: ReadonlyMap<string, Locality>): Workload | undefined {
  const address = pod.status?.podIP;
  if (!address || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return undefined;
  const { labels = {}, namespace = '' } = pod.metadata;
  return {
    name: workloadName(pod),
    namespace,
    address,
    labels,
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    locality: labelledLocality(labels) ?? nodes.get(pod.spec?.nodeName ?? '') ?? nowhere,
    nodeName: pod.spec?.nodeName,
    ready: (pod.status?.conditions ?? []).some((c: any) => c.type === 'Ready' && c.status === 'True'),
    ports: containerPorts(pod),
  };
}

/** The name of what made the pod: a Deployment, a StatefulSet, a Job; the pod's own otherwise. */
export function workloadName(pod: KubeObject): string {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller);
  if (!owner) return pod.metadata.name ?? '';
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`))
    return owner.name.slice(0, -hash.length - 1);
  if (owner.kind === 'Job') return owner.name.replace(/-\d{8,10}$/, '');
  return owner.name;
}

export function nodeLocality(node: KubeObject): Locality {
  const labels = node.metadata.labels ?? {};
  return {
    region:
      labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '',
    zone: labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '',
    subZone: labels['topology.istio.io/subzone'] ?? '',
  };
}

/** `region/zone/subzone`, where later parts may be missing. */
export function parseLocality(text: string, separator = '/'): Locality {
  const [region = '', zone = '', subZone = ''] = text.split(separator);
  return { region, zone, subZone };
}

function labelledLocality(labels: Record<string, string>): Locality | undefined {
  const text = labels['istio-locality'];
  return text ? parseLocality(text, text.includes('/') ? '/' : '.') : undefined;
}

function containerPorts(pod: KubeObject): Map<string, number> {
  const ports = new Map<string, number>();
  for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    for (const port of container.ports ?? []) if (port.name) ports.set(port.name, port.containerPort);
  }
  return ports;
}

/** A WorkloadEntry, which stands for a workload outside of Kubernetes. */
export function fromWorkloadEntry(object: KubeObject): Workload | undefined {
  const { spec = {}, metadata } = object as WorkloadEntry;
  if (!spec.address) return undefined;
  return {
    name: metadata.name ?? '',
    namespace: metadata.namespace ?? '',
    address: spec.address,
    labels: { ...metadata.labels, ...spec.labels },
    serviceAccount: spec.serviceAccount ?? '',
    locality: spec.locality ? parseLocality(spec.locality) : nowhere,
    ready: true,
    weight: spec.weight || undefined,
    ports: new Map(Object.entries(spec.ports ?? {})),
  };
}
