import type { TrafficPolicy } from '../../ir/destination.ts';
import { includesLabels } from '../../scope/visibility.ts';
import { type Generating, type Json, socketAddress, typed, viaAds } from '../context.ts';
import { byLocality, type LocalityGroup } from '../endpoints/locality.ts';
import { localityJson, workloadKey } from '../endpoints/parts.ts';
import { clusterName } from '../names.ts';
import type { Target } from './target.ts';

/** Whether connections go where the client sent them. */
export function isOriginalDestination(
  context: Generating,
  { service }: Target,
  policy: TrafficPolicy,
): boolean {
  if (
    policy.balancing?.simple === 'PASSTHROUGH' &&
    service.resolution !== 'dns' &&
    service.resolution !== 'dnsRoundRobin'
  )
    return true;
  return (
    (service.resolution === 'headless' || service.resolution === 'none') &&
    context.scope.node.type === 'sidecar'
  );
}

/** How the endpoints are found. */
export function lookupFields(context: Generating, target: Target, policy: TrafficPolicy): Json {
  const { service, port, subset } = target;
  if (isOriginalDestination(context, target, policy))
    return { type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED' };
  if (service.resolution === 'dns' || service.resolution === 'dnsRoundRobin')
    return dnsFields(context, target);
  return {
    type: 'EDS',
    edsClusterConfig: {
      edsConfig: viaAds,
      serviceName: clusterName(port.number, subset?.name ?? '', service.host),
    },
  };
}

function dnsFields(context: Generating, { service, port, subset }: Target): Json {
  const name = clusterName(port.number, subset?.name ?? '', service.host);
  const endpoints = context.scope
    .endpointsOf(service.host)
    .filter((endpoint) => endpoint.portName === port.name && includesLabels(endpoint.labels, subset?.labels));
  return {
    type: service.resolution === 'dns' ? 'STRICT_DNS' : 'LOGICAL_DNS',
    dnsJitter: '0.100s',
    dnsLookupFamily: 'V4_ONLY',
    dnsRefreshRate: '60s',
    respectDnsTtl: true,
    loadAssignment: {
      clusterName: name,
      endpoints: byLocality(endpoints).map((group) => resolvedGroup(group, context.scope.mesh.clusterId)),
    },
    ...(context.plain ? {} : { typedDnsResolverConfig: resolver }),
  };
}

const resolver: Json = {
  name: 'envoy.network.dns_resolver.cares',
  typedConfig: typed('envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig', {
    udpMaxQueries: 100,
  }),
};

function resolvedGroup(group: LocalityGroup, cluster: string): Json {
  return {
    lbEndpoints: group.endpoints.map((endpoint) => ({
      endpoint: { address: socketAddress(endpoint.address, endpoint.port) },
      loadBalancingWeight: endpoint.weight,
      metadata: { filterMetadata: { istio: { workload: workloadKey(endpoint, cluster) } } },
    })),
    loadBalancingWeight: group.weight,
    locality: localityJson(group.locality),
  };
}
