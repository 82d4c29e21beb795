import type { KubeObject } from '@lateen/kube/types';
import type { Endpoint, Locality, Service, Workload } from '../ir/service.ts';
import { includesLabels } from '../scope/visibility.ts';
import { collectEndpoints } from './endpoints.ts';
import { fromKubernetesService } from './kubernetes-service.ts';
import { byAge } from './metadata.ts';
import { fromServiceEntry, fromWorkload, serviceEntryEndpoints } from './service-entry.ts';
import { fromPod, fromWorkloadEntry, nodeLocality } from './workload.ts';

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

export function registerServices(
  objects: readonly KubeObject[],
  entries: readonly KubeObject[],
  domainSuffix: string,
): Service[] {
  return [
    ...objects.map((object) => fromKubernetesService(object, domainSuffix)),
    ...entries.flatMap(fromServiceEntry),
  ];
}

export interface WorkloadObjects {
  readonly endpointSlices: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  readonly serviceEntries: readonly KubeObject[];
  readonly workloadEntries: readonly KubeObject[];
}

export function registerEndpoints(
  objects: WorkloadObjects,
  index: ServiceIndex,
  domainSuffix: string,
): EndpointIndex {
  const nodes = new Map<string, Locality>(
    objects.nodes.map((node) => [node.metadata.name ?? '', nodeLocality(node)]),
  );
  const workloads = new Map<string, Workload>();
  const pods = new Map<string, Workload>();
  for (const pod of objects.pods) {
    const workload = fromPod(pod, nodes);
    if (!workload) continue;
    pods.set(`${pod.metadata.namespace}/${pod.metadata.name}`, workload);
    // Pods on the node's own network share its address; only their names tell them apart.
    if (!pod.spec?.hostNetwork) workloads.set(workload.address, workload);
  }
  const entries = objects.workloadEntries.map(fromWorkloadEntry).filter((entry) => entry !== undefined);
  const endpoints = collectEndpoints(objects.endpointSlices, { workloads, pods, nodes, domainSuffix });
  const add = (host: string, more: readonly Endpoint[]) =>
    endpoints.set(host, [...(endpoints.get(host) ?? []), ...more]);
  const everyone = [...workloads.values(), ...entries];
  for (const entry of objects.serviceEntries) {
    for (const [host, found] of serviceEntryEndpoints(entry, fromServiceEntry(entry), everyone))
      add(host, found);
  }
  if (entries.length > 0) addSelected(index, entries, add);
  for (const entry of entries) if (!workloads.has(entry.address)) workloads.set(entry.address, entry);
  return { endpoints, workloads };
}

/** Kubernetes Services select WorkloadEntries as they select pods. */
function addSelected(
  index: ServiceIndex,
  entries: readonly Workload[],
  add: (host: string, more: Endpoint[]) => void,
): void {
  for (const service of index.services) {
    if (!service.kubernetes || !service.selector || Object.keys(service.selector).length === 0) continue;
    const chosen = entries.filter(
      (entry) => entry.namespace === service.namespace && includesLabels(entry.labels, service.selector),
    );
    const found = chosen.flatMap((entry) => service.ports.map((port) => fromWorkload(entry, port)));
    if (found.length > 0) add(service.host, found);
  }
}
