import { isHttp, isSniffed, type Service, type ServicePort } from '../../ir/service.ts';
import type { EgressView } from '../../scope/index.ts';
import type { Generating, Json } from '../context.ts';
import { isSidecarPort } from '../sidecar-ports.ts';
import { httpChain } from './http.ts';
import { outboundL4Chains } from './l4.ts';
import {
  handshake,
  httpInspector,
  type Listener,
  listener,
  listenerFilters,
  outboundSocket,
  serverNameInspector,
} from './parts.ts';
import { tcpChain } from './tcp.ts';

const wildcard = '0.0.0.0';

/** The listeners for everything that the workload may call, by name. */
export function outboundListeners(context: Generating): Listener[] {
  const made = new Map<string, Listener>();
  for (const view of context.scope.egress) {
    for (const service of view.services) {
      if (service.resolution === 'alias') continue;
      for (const port of service.ports) addPort(context, view, service, port, made);
    }
  }
  return [...made.values()];
}

function addPort(
  context: Generating,
  view: EgressView,
  service: Service,
  port: ServicePort,
  made: Map<string, Listener>,
): void {
  if (port.protocol === 'UDP' || (context.plain && isSidecarPort(port.number))) return;
  if (isHttp(port.protocol)) {
    addHttp(context, port.number, made);
    return;
  }
  if (context.plain && onlyThroughNode(context, service)) return;
  for (const address of addressesOf(context, service, port)) {
    const name = `${address}_${port.number}`;
    const known = made.get(name);
    if (known) made.set(name, joined(known, outboundL4Chains(context, view, service, port, address)));
    else if (isSniffed(port.protocol)) made.set(name, sniffed(context, view, service, port, address));
    else made.set(name, tcp(context, view, service, port, address));
  }
}

/** Endpoints on the host's loopback, as the API server's, are out of a pod's reach: the node forwards to them. */
function onlyThroughNode(context: Generating, service: Service): boolean {
  const endpoints = context.scope.endpointsOf(service.host);
  return endpoints.length > 0 && endpoints.every((endpoint) => endpoint.address.startsWith('127.'));
}

/** A listener that tells services apart by server name takes further ones; another keeps the oldest service. */
function joined(known: Listener, chains: readonly Json[]): Listener {
  const byName = (chain: Json) => chain.filterChainMatch?.serverNames !== undefined;
  if (!known.filterChains.every(byName)) return known;
  const taken = new Set(known.filterChains.flatMap((chain: Json) => chain.filterChainMatch.serverNames));
  const more = chains.filter(
    (chain) => byName(chain) && !chain.filterChainMatch.serverNames.some((name: string) => taken.has(name)),
  );
  return more.length > 0 ? { ...known, filterChains: [...known.filterChains, ...more] } : known;
}

/** One listener takes the HTTP of all services on a port; the routes tell them apart. */
function addHttp(context: Generating, port: number, made: Map<string, Listener>): void {
  const name = `${wildcard}_${port}`;
  if (made.has(name)) return;
  made.set(
    name,
    listener(name, {
      ...outboundSocket(context, wildcard, port, true),
      filterChains: [httpFilterChain(context, `outbound_${name}`, String(port))],
      defaultFilterChain: passthroughChain(context),
      listenerFilters: listenerFilters(context, httpInspector),
    }),
  );
}

function passthroughChain(context: Generating): Json {
  return { filterChainMatch: {}, filters: unknownTraffic(context), name: 'PassthroughFilterChain' };
}

export function httpFilterChain(context: Generating, statPrefix: string, routeName: string): Json {
  return {
    filterChainMatch: { applicationProtocols: ['http/1.1', 'h2c'], transportProtocol: 'raw_buffer' },
    filters: httpChain(context, 'outbound', statPrefix, { rds: routeName }),
    ...handshake,
  };
}

/** What is done with a connection to a place that no service is known at. */
export function unknownTraffic(context: Generating): Json[] {
  const cluster = context.scope.outbound === 'ALLOW_ANY' ? 'PassthroughCluster' : 'BlackHoleCluster';
  return tcpChain(context, 'outbound', cluster);
}

/** The addresses of a service whose traffic is told apart by address: its own, else those of its endpoints. */
function addressesOf(context: Generating, service: Service, port: ServicePort): string[] {
  if (service.addresses.length > 0)
    return service.kubernetes ? service.addresses.slice(0, 1) : hostAddresses(service);
  if (service.resolution !== 'headless') return [wildcard];
  const own = new Set(context.scope.node.addresses);
  const addresses = context.scope
    .endpointsOf(service.host)
    .filter((endpoint) => endpoint.portName === port.name && !own.has(endpoint.address))
    .map((endpoint) => endpoint.address);
  return [...new Set(addresses)];
}

/** Ranges of addresses are not listened on one by one. */
function hostAddresses(service: Service): string[] {
  const single = service.addresses.filter((address) => !address.includes('/') || address.endsWith('/32'));
  return single.length > 0 ? single.map((address) => address.replace('/32', '')) : [wildcard];
}

function tcp(
  context: Generating,
  view: EgressView,
  service: Service,
  port: ServicePort,
  address: string,
): Listener {
  const chains = outboundL4Chains(context, view, service, port, address);
  const named = chains.some((chain) => chain.filterChainMatch?.serverNames);
  return listener(`${address}_${port.number}`, {
    ...outboundSocket(context, address, port.number, named),
    filterChains: chains,
    defaultFilterChain: named && address === wildcard ? passthroughChain(context) : undefined,
    listenerFilters: listenerFilters(context, ...(named ? [serverNameInspector] : [])),
  });
}

/** A port whose protocol is not declared: HTTP when it looks like that, bytes otherwise. */
function sniffed(
  context: Generating,
  view: EgressView,
  service: Service,
  port: ServicePort,
  address: string,
): Listener {
  const name = `${address}_${port.number}`;
  const [otherwise, ...rest] = outboundL4Chains(context, view, service, port, address);
  return listener(name, {
    ...outboundSocket(context, address, port.number, true),
    filterChains: [httpFilterChain(context, `outbound_${name}`, sniffedRouteName(service, port)), ...rest],
    defaultFilterChain: otherwise,
    listenerFilters: listenerFilters(context, httpInspector),
  });
}

export function sniffedRouteName(service: Service, port: ServicePort): string {
  return `${service.host}:${port.number}`;
}
