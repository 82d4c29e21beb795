import type { TrafficPolicy } from '../../ir/destination.ts';
import { type Generating, type Json, socketAddress, viaAds } from '../context.ts';
import { clusterName } from '../names.ts';
import type { Target } from './outbound.ts';

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
    .filter((endpoint) => endpoint.portName === port.name);
  return {
    type: service.resolution === 'dns' ? 'STRICT_DNS' : 'LOGICAL_DNS',
    dnsLookupFamily: 'V4_ONLY',
    dnsRefreshRate: '60s',
    respectDnsTtl: true,
    loadAssignment: {
      clusterName: name,
      endpoints: endpoints.map((endpoint) => ({
        lbEndpoints: [{ endpoint: { address: socketAddress(endpoint.address, endpoint.port) } }],
      })),
    },
  };
}
