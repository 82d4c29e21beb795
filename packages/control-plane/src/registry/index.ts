import type { KubeObject } from '@lateen/kube/types';
import type { Endpoint, Locality, Service, Workload } from '../ir/service.ts';
import { collectEndpoints } from './endpoints.ts';
import { fromKubernetesService } from './kubernetes-service.ts';
import { byAge } from './metadata.ts';
import { fromPod, nodeLocality } from './workload.ts';

/** Services, oldest first, and ways to find them. */
export interface ServiceIndex {
  readonly services: readonly Service[];
  readonly byHost: ReadonlyMap<string, Service>;
}

/** What changes when pods come and go. */
export interface EndpointIndex {
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly workloads: ReadonlyMap<string, Workload>;
}

export interface Registry extends ServiceIndex, EndpointIndex {}

export function indexServices(services: readonly Service[]): ServiceIndex {
  const sorted = [...services].sort(byAge);
  const byHost = new Map<string, Service>();
  for (const service of sorted) if (!byHost.has(service.host)) byHost.set(service.host, service);
  return { services: sorted, byHost };
}

export function registerServices(objects: readonly KubeObject[], domainSuffix: string): Service[] {
  return objects.map((object) => fromKubernetesService(object, domainSuffix));
}

export interface WorkloadObjects {
  readonly endpointSlices: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
}

export function registerEndpoints(objects: WorkloadObjects, domainSuffix: string): EndpointIndex {
  const nodes = new Map<string, Locality>(
    objects.nodes.map((node) => [node.metadata.name ?? '', nodeLocality(node)]),
  );
  const workloads = new Map<string, Workload>();
  for (const pod of objects.pods) {
    const workload = fromPod(pod, nodes);
    if (workload && !pod.spec?.hostNetwork) workloads.set(workload.address, workload);
  }
  const endpoints = collectEndpoints(objects.endpointSlices, { workloads, nodes, domainSuffix });
  return { endpoints, workloads };
}
