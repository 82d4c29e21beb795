import type { ServiceEntry, WorkloadEntrySpec } from '@lateen/api/istio/service-entry';
import type { KubeObject } from '@lateen/kube/types';
import {
  type Endpoint,
  nowhere,
  type Resolution,
  type Service,
  type ServicePort,
  type Workload,
} from '../ir/service.ts';
import { includesLabels } from '../scope/visibility.ts';
import { seconds } from './metadata.ts';
import { parseProtocol } from './protocol.ts';
import { parseLocality } from './workload.ts';

const resolutions: Readonly<Record<string, Resolution>> = {
  NONE: 'none',
  STATIC: 'endpoints',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dnsRoundRobin',
};

/** The services that a ServiceEntry adds: one for each host. */
export function fromServiceEntry(object: KubeObject): Service[] {
  const { metadata, spec = {} } = object as ServiceEntry;
  const { name = '', namespace = '' } = metadata;
  return (spec.hosts ?? []).map((host) => ({
    host,
    name: host,
    namespace,
    addresses: spec.addresses ?? [],
    ports: (spec.ports ?? []).map(toPort),
    resolution: resolutions[spec.resolution ?? 'NONE'] ?? 'none',
    external: spec.location !== 'MESH_INTERNAL',
    kubernetes: false,
    labels: metadata.labels ?? {},
    selector: spec.workloadSelector?.labels,
    exportTo: spec.exportTo ?? [],
    created: seconds(metadata.creationTimestamp),
    subjectAltNames: spec.subjectAltNames?.length ? spec.subjectAltNames : undefined,
    origin: { kind: 'ServiceEntry', namespace, name, path: '' },
  }));
}

function toPort(
  port: NonNullable<NonNullable<ServiceEntry['spec']>['ports']>[number],
  index: number,
): ServicePort {
  return {
    name: port.name ?? '',
    path: `spec.ports[${index}]`,
    number: port.number ?? 0,
    protocol: parseProtocol(port.protocol),
    targetPort: port.targetPort || undefined,
  };
}

/** The endpoints of a ServiceEntry's hosts: those it lists, its hosts themselves where they are resolved, or selected workloads. */
export function serviceEntryEndpoints(
  object: KubeObject,
  services: readonly Service[],
  workloads: Iterable<Workload>,
): Map<string, Endpoint[]> {
  const { spec = {} } = object as ServiceEntry;
  const result = new Map<string, Endpoint[]>();
  for (const service of services) {
    const found = service.selector
      ? selected(service, workloads)
      : listed(object, service, spec.endpoints?.length ? spec.endpoints : implied(service));
    result.set(service.host, found);
  }
  return result;
}

/** A name that is resolved stands for its own endpoint. */
function implied(service: Service): WorkloadEntrySpec[] {
  const resolved = service.resolution === 'dns' || service.resolution === 'dnsRoundRobin';
  return resolved && !service.host.startsWith('*') ? [{ address: service.host }] : [];
}

function listed(object: KubeObject, service: Service, entries: readonly WorkloadEntrySpec[]): Endpoint[] {
  const name = object.metadata.name ?? '';
  const explicit = (object as ServiceEntry).spec?.endpoints?.length;
  return entries.flatMap((entry, index) =>
    service.ports.map((port) => toEndpoint(service, port, entry, explicit ? `${name}-${index}` : name)),
  );
}

function toEndpoint(
  service: Service,
  port: ServicePort,
  entry: WorkloadEntrySpec,
  workloadName: string,
): Endpoint {
  return {
    address: entry.address ?? '',
    port: entry.ports?.[port.name] ?? (port.targetPort as number | undefined) ?? port.number,
    portName: port.name,
    labels: entry.labels ?? {},
    serviceAccount: entry.serviceAccount || undefined,
    namespace: service.namespace,
    workloadName,
    locality: entry.locality ? parseLocality(entry.locality) : nowhere,
    weight: entry.weight || 1,
    tls: entry.labels?.['security.istio.io/tlsMode'] === 'istio',
    health: 'healthy',
  };
}

function selected(service: Service, workloads: Iterable<Workload>): Endpoint[] {
  const result: Endpoint[] = [];
  for (const workload of workloads) {
    if (workload.namespace !== service.namespace || !includesLabels(workload.labels, service.selector))
      continue;
    for (const port of service.ports) result.push(fromWorkload(workload, port));
  }
  return result;
}

export function fromWorkload(workload: Workload, port: ServicePort): Endpoint {
  const target = port.targetPort === undefined ? port.number : port.targetPort;
  return {
    address: workload.address,
    port:
      workload.ports.get(port.name) ??
      (typeof target === 'number' ? target : (workload.ports.get(target) ?? port.number)),
    portName: port.name,
    labels: workload.labels,
    serviceAccount: workload.serviceAccount,
    namespace: workload.namespace,
    workloadName: workload.name,
    locality: workload.locality,
    nodeName: workload.nodeName,
    weight: workload.weight ?? 1,
    tls: workload.labels['security.istio.io/tlsMode'] === 'istio',
    health: workload.ready ? 'healthy' : 'unhealthy',
  };
}
