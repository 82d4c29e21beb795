import type { Subset } from '../../ir/destination.ts';
import { type Endpoint, type Locality, nowhere, type Service, type ServicePort } from '../../ir/service.ts';
import { includesLabels } from '../../scope/visibility.ts';
import { type Generating, type Json, socketAddress, typed } from '../context.ts';
import { clusterName } from '../names.ts';
import { effectivePolicy } from '../policy.ts';
import { applyLocality, byLocality, type LocalityGroup } from './locality.ts';
import { localityJson, workloadKey } from './parts.ts';

/** The load assignments of the named clusters, or of all EDS clusters; in the order of names. */
export function generateEndpoints(
  context: Generating,
  names: readonly string[],
): (Json & { '@type': string })[] {
  return names.map((name) => loadAssignment(context, name)).filter((made) => made !== undefined);
}

/** One cluster's endpoints; an empty list for a known service without any, undefined for an unknown one. */
function loadAssignment(context: Generating, name: string): (Json & { '@type': string }) | undefined {
  const [, number, subsetName = '', host = ''] = name.split('|');
  const service = context.scope.serviceOf(host);
  const port = service?.ports.find((entry) => entry.number === Number(number) && entry.protocol !== 'UDP');
  if (!service || !port) return undefined;
  const rules = context.scope.policyOf(service);
  const subset = rules?.subsets.find((entry) => entry.name === subsetName);
  if (subsetName && !subset) return undefined;
  const policy = effectivePolicy(rules, subsetName, port.number);
  const groups = applyLocality(
    byLocality(chosen(context, service, port, subset)),
    policy.balancing?.locality ?? context.scope.mesh.locality ?? defaultLocality,
    clientLocality(context),
    context.scope.node.labels,
    policy.outliers !== undefined,
  );
  const tls = !context.plain && (policy.tls ? policy.tls.mode === 'ISTIO_MUTUAL' : true);
  return typed('envoy.config.endpoint.v3.ClusterLoadAssignment', {
    clusterName: clusterName(port.number, subsetName, host),
    endpoints: groups.length > 0 ? groups.map((group) => toJson(context, group, tls)) : undefined,
  });
}

const defaultLocality = { enabled: true, distribute: [], failover: [], failoverPriority: [] };

function chosen(
  context: Generating,
  service: Service,
  port: ServicePort,
  subset: Subset | undefined,
): Endpoint[] {
  return context.scope
    .endpointsOf(service.host)
    .filter((e) => e.portName === port.name && includesLabels(e.labels, subset?.labels));
}

function clientLocality(context: Generating): Locality {
  const { node } = context.scope;
  if (node.locality?.region) {
    return {
      region: node.locality.region,
      zone: node.locality.zone ?? '',
      subZone: node.locality.subZone ?? '',
    };
  }
  return context.scope.locality ?? nowhere;
}

function toJson(context: Generating, group: LocalityGroup, tls: boolean): Json {
  return {
    lbEndpoints: group.endpoints.map((endpoint) => lbEndpoint(context, endpoint, tls)),
    loadBalancingWeight: group.weight,
    locality: localityJson(group.locality),
    ...(group.priority > 0 ? { priority: group.priority } : {}),
  };
}

function lbEndpoint(context: Generating, endpoint: Endpoint, tls: boolean): Json {
  const workload = workloadKey(endpoint, context.scope.mesh.clusterId);
  return {
    endpoint: { address: socketAddress(endpoint.address, endpoint.port) },
    healthStatus: endpoint.health.toUpperCase(),
    loadBalancingWeight: endpoint.weight,
    metadata: {
      filterMetadata: {
        ...(tls && endpoint.tls ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}),
        istio: { workload },
      },
    },
  };
}
