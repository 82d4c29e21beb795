import { covers } from '../../ir/host.ts';
import type { L4Match, L4Route, RouteRules, WeightedDestination } from '../../ir/route.ts';
import { isTls, type Service, type ServicePort } from '../../ir/service.ts';
import type { EgressView, ProxyScope } from '../../scope/index.ts';
import { includesLabels } from '../../scope/visibility.ts';
import type { Generating, Json } from '../context.ts';
import { clusterName, configPath } from '../names.ts';
import { effectivePolicy } from '../policy.ts';
import { provenance } from '../provenance.ts';
import { statName } from '../stat-name.ts';
import type { Direction } from './filters.ts';
import { handshake } from './parts.ts';
import { liveDestinations, tcpChain, weightedTcpChain } from './tcp.ts';

/** The chains for connections to a service's port: those that rules ask for, or one to the service itself. */
export function outboundL4Chains(
  context: Generating,
  view: EgressView,
  service: Service,
  port: ServicePort,
  address: string,
): Json[] {
  for (const rules of view.rules) {
    if (!rules.hosts.some((host) => covers(host, service.host))) continue;
    const byName = rules.tls.flatMap((route) => serverNameChains(context, rules, route, port.number));
    if (byName.length > 0) return byName;
    const route = rules.tcp.find((entry) => appliesTo(entry, context.scope, 'mesh', rules, port.number));
    if (route) return [ruledChain(context, rules, route, port.number, 'outbound')];
  }
  const chain = serviceChain(context, service, port);
  // Without an address of its own, a TLS service is known by the name that clients ask for.
  const byName = isTls(port.protocol) && address === '0.0.0.0';
  return [byName ? { filterChainMatch: { serverNames: [service.host] }, ...chain } : chain];
}

function serverNameChains(context: Generating, rules: RouteRules, route: L4Route, port: number): Json[] {
  return route.matches
    .filter((match) => matchApplies(match, context.scope, 'mesh', rules, port))
    .map((match) => ({
      filterChainMatch: { serverNames: [...match.sniHosts].sort() },
      ...ruledChain(context, rules, route, port, 'outbound'),
    }));
}

/** Istio leaves the port's name out of the statistics' names of TCP. */
function nameless(port: ServicePort): ServicePort {
  return { ...port, name: '' };
}

function serviceChain(context: Generating, service: Service, port: ServicePort): Json {
  const { mesh } = context.scope;
  const rules = context.scope.policyOf(service);
  const policy = effectivePolicy(rules, '', port.number);
  const statPrefix = statName(mesh.outboundStatName, service, nameless(port), undefined);
  return {
    filters: tcpChain(context, 'outbound', clusterName(port.number, '', service.host), {
      statPrefix,
      pool: policy.pool,
      hash: sourceHash(policy),
    }),
    ...handshake,
  };
}

/** The chain for a rule's route. */
export function ruledChain(
  context: Generating,
  rules: RouteRules,
  route: L4Route,
  port: number,
  direction: Direction,
): Json {
  return {
    filters: routeFilters(context, rules, route, port, direction),
    metadata:
      direction === 'outbound' ? provenance({ config: configPath(rules.origin) }, route.origin) : undefined,
    ...handshake,
  };
}

function routeFilters(
  context: Generating,
  rules: RouteRules,
  route: L4Route,
  port: number,
  direction: Direction,
): Json[] {
  const live = liveDestinations(route.destinations);
  const clusters = live.map((entry) => ({
    name: destinationCluster(context, entry, port),
    weight: entry.weight,
  }));
  const first = live[0];
  if (!first) return tcpChain(context, direction, 'BlackHoleCluster');
  const service = context.scope.serviceOf(first.destination.host);
  const policy =
    service &&
    effectivePolicy(context.scope.policyOf(service), first.destination.subset, portOf(context, first, port));
  const options = { pool: policy?.pool, hash: policy && sourceHash(policy) };
  if (clusters.length === 1) {
    const name = clusters[0]!.name;
    const ported = service?.ports.find((entry) => entry.number === portOf(context, first, port));
    const statPrefix = service
      ? statName(
          context.scope.mesh.outboundStatName,
          service,
          ported && nameless(ported),
          first.destination.subset,
          name,
        )
      : name;
    return tcpChain(context, direction, name, { ...options, statPrefix });
  }
  return weightedTcpChain(context, direction, clusters, `${rules.name}.${rules.namespace}`, options);
}

function sourceHash(policy: ReturnType<typeof effectivePolicy>): Json[] | undefined {
  return policy.balancing?.hash?.sourceIp ? [{ sourceIp: {} }] : undefined;
}

function portOf(context: Generating, { destination }: WeightedDestination, listenerPort: number): number {
  if (destination.port !== undefined) return destination.port;
  const service = context.scope.serviceOf(destination.host);
  return service?.ports.length === 1 ? service.ports[0]!.number : listenerPort;
}

function destinationCluster(context: Generating, entry: WeightedDestination, listenerPort: number): string {
  return clusterName(portOf(context, entry, listenerPort), entry.destination.subset, entry.destination.host);
}

/** Whether a route is for this proxy, gateway and port; one without matches is for all. */
export function appliesTo(
  route: L4Route,
  scope: ProxyScope,
  gateway: string,
  rules: RouteRules,
  port: number,
): boolean {
  return (
    route.matches.length === 0 ||
    route.matches.some((match) => matchApplies(match, scope, gateway, rules, port))
  );
}

export function matchApplies(
  match: L4Match,
  scope: ProxyScope,
  gateway: string,
  rules: RouteRules,
  port: number,
): boolean {
  const gateways = match.gateways.length > 0 ? match.gateways : rules.gateways;
  if (!gateways.includes(gateway)) return false;
  if (match.port !== undefined && match.port !== port) return false;
  if (gateway !== 'mesh') return true;
  if (match.sourceNamespace && match.sourceNamespace !== scope.node.namespace) return false;
  return includesLabels(scope.node.labels, match.sourceLabels);
}
