import type { KubeObject } from '@lateen/kube/types';
import { type Endpoint, type Locality, nowhere, type Workload } from '../ir/service.ts';

export interface EndpointSources {
  /** By address, and by `namespace/pod`. */
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly pods: ReadonlyMap<string, Workload>;
  readonly nodes: ReadonlyMap<string, Locality>;
  readonly domainSuffix: string;
}

/** The endpoints of every host, in the order of the slices' names. Unready ones are kept and say so; those that terminate are gone. */
export function collectEndpoints(
  slices: readonly KubeObject[],
  sources: EndpointSources,
): Map<string, Endpoint[]> {
  const result = new Map<string, Endpoint[]>();
  const seen = new Set<string>();
  for (const slice of [...slices].sort((a, b) =>
    (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1,
  )) {
    const host = sliceHost(slice, sources.domainSuffix);
    if (!host || slice.addressType === 'FQDN') continue;
    for (const endpoint of sliceEndpoints(slice, sources)) {
      const key = `${host} ${endpoint.portName} ${endpoint.address} ${endpoint.port}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const list = result.get(host);
      if (list) list.push(endpoint);
      else result.set(host, [endpoint]);
    }
  }
  return result;
}

function sliceHost(slice: KubeObject, domainSuffix: string): string | undefined {
  const name = slice.metadata.labels?.['kubernetes.io/service-name'];
  return name ? `${name}.${slice.metadata.namespace}.svc.${domainSuffix}` : undefined;
}

function sliceEndpoints(slice: KubeObject, sources: EndpointSources): Endpoint[] {
  const result: Endpoint[] = [];
  for (const entry of slice.endpoints ?? []) {
    // Left out rather than sent as unhealthy: proxies put off changes of health, but not of membership.
    if (entry.conditions?.terminating === true && entry.conditions.ready !== true) continue;
    for (const address of entry.addresses ?? []) {
      for (const port of slice.ports ?? []) {
        if (port.port) result.push(toEndpoint(entry, address, port, sources));
      }
    }
  }
  return result;
}

function toEndpoint(
  entry: any,
  address: string,
  port: { name?: string; port: number },
  sources: EndpointSources,
): Endpoint {
  const { targetRef } = entry;
  const named =
    targetRef?.kind === 'Pod' ? sources.pods.get(`${targetRef.namespace}/${targetRef.name}`) : undefined;
  const workload =
    named ??
    (targetRef === undefined || targetRef.kind === 'Pod' ? sources.workloads.get(address) : undefined);
  return {
    address,
    port: port.port,
    portName: port.name ?? '',
    labels: workload?.labels ?? {},
    serviceAccount: workload?.serviceAccount,
    namespace: workload?.namespace ?? '',
    workloadName: workload?.name ?? '',
    locality: workload?.locality ?? sources.nodes.get(entry.nodeName ?? '') ?? nowhere,
    nodeName: entry.nodeName ?? workload?.nodeName,
    hostName: entry.hostname,
    weight: 1,
    tls: workload?.labels['security.istio.io/tlsMode'] === 'istio',
    health: entry.conditions?.ready === false ? 'unhealthy' : 'healthy',
  };
}
