import { isIP } from 'node:net';
import type { Locality } from './locality.ts';
import { readLocality } from './locality.ts';
import { type Message, Problems } from './problems.ts';

/** One endpoint as configured; `address` may still be a name that DNS has to resolve. */
export interface EndpointSpec {
  readonly address: string;
  readonly port: number;
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly locality: Locality;
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly healthStatus: string;
  readonly healthCheckPort: number | undefined;
  readonly healthCheckHost: string;
}

export interface Assignment {
  readonly endpoints: readonly EndpointSpec[];
  /** Weights by priority and locality, for locality weighting. */
  readonly localityWeights: ReadonlyMap<string, number>;
  readonly overprovisioning: number;
  readonly message: Message;
}

export const emptyAssignment: Assignment = {
  endpoints: [],
  localityWeights: new Map(),
  overprovisioning: 140,
  message: {},
};

/** Reads a ClusterLoadAssignment; names instead of addresses are a problem unless `names` allows them. */
export function readAssignment(
  message: Message,
  path: string,
  names: boolean,
): { readonly value: Assignment; readonly problems: Problems } {
  const problems = new Problems();
  const endpoints: EndpointSpec[] = [];
  const localityWeights = new Map<string, number>();
  for (const [index, group] of (message.endpoints ?? []).entries()) {
    const where = `${path}endpoints[${index}]`;
    const locality = readLocality(group.locality);
    const priority = group.priority ?? 0;
    const key = `${priority}|${locality.region}/${locality.zone}/${locality.subZone}`;
    if (group.loadBalancingWeight !== undefined) localityWeights.set(key, group.loadBalancingWeight);
    for (const [at, entry] of (group.lbEndpoints ?? []).entries()) {
      const spec = readEndpoint(entry, `${where}.lb_endpoints[${at}]`, locality, priority, names, problems);
      if (spec) endpoints.push(spec);
    }
  }
  checkPriorities(endpoints, path, problems);
  checkPolicy(message, path, problems);
  const overprovisioning = message.policy?.overprovisioningFactor ?? 140;
  return { value: { endpoints, localityWeights, overprovisioning, message }, problems };
}

function checkPolicy(message: Message, path: string, problems: Problems): void {
  if (message.policy?.dropOverloads?.length)
    problems.unsupported(`${path}policy.drop_overloads`, 'drop_overloads');
  if (message.policy?.endpointStaleAfter)
    problems.unsupported(`${path}policy.endpoint_stale_after`, 'endpoint_stale_after');
  if (Object.keys(message.namedEndpoints ?? {}).length > 0)
    problems.unsupported(`${path}named_endpoints`, 'named_endpoints');
}

function readEndpoint(
  entry: Message,
  path: string,
  locality: Locality,
  priority: number,
  names: boolean,
  problems: Problems,
): EndpointSpec | undefined {
  const endpoint = entry.endpoint ?? {};
  const at = readAddress(endpoint.address, `${path}.endpoint.address`, names, problems);
  if (!at) return undefined;
  return {
    ...at,
    hostname: endpoint.hostname ?? (names && !isIP(at.address) ? at.address : ''),
    weight: entry.loadBalancingWeight ?? 1,
    priority,
    locality,
    metadata: entry.metadata?.filterMetadata ?? {},
    healthStatus: entry.healthStatus ?? 'UNKNOWN',
    healthCheckPort: endpoint.healthCheckConfig?.portValue || undefined,
    healthCheckHost: endpoint.healthCheckConfig?.hostname ?? '',
  };
}

function readAddress(
  address: Message | undefined,
  path: string,
  names: boolean,
  problems: Problems,
): { address: string; port: number } | undefined {
  if (address?.pipe) return { address: address.pipe.path, port: 0 };
  if (address?.envoyInternalAddress) {
    problems.unsupported(`${path}.envoy_internal_address`, 'an internal listener address');
    return undefined;
  }
  const socket = address?.socketAddress;
  if (!socket) {
    problems.add(path, 'needs a socket_address or a pipe');
    return undefined;
  }
  if (!names && !isIP(socket.address ?? '')) {
    problems.add(
      `${path}.socket_address.address`,
      `malformed IP address: ${socket.address}. Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'`,
    );
    return undefined;
  }
  return { address: socket.address ?? '', port: socket.portValue ?? 0 };
}

function checkPriorities(endpoints: readonly EndpointSpec[], path: string, problems: Problems): void {
  const used = new Set(endpoints.map((endpoint) => endpoint.priority));
  const highest = Math.max(0, ...used);
  if (highest > 128) problems.add(`${path}endpoints`, `priority ${highest} is above 128`);
}
