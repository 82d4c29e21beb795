import type { ConnectionPool } from '../../ir/destination.ts';
import type { WeightedDestination } from '../../ir/route.ts';
import { defined, duration, type Generating, type Json, typed } from '../context.ts';
import { accessLog } from './access-log.ts';
import { type Direction, networkFilters } from './filters.ts';

export interface TcpOptions {
  readonly statPrefix?: string;
  readonly log?: boolean;
  readonly pool?: ConnectionPool;
  readonly hash?: Json[];
}

/** The network filters of a chain that passes bytes to one cluster. */
export function tcpChain(
  context: Generating,
  direction: Direction,
  cluster: string,
  options: TcpOptions = {},
): Json[] {
  return chain(context, direction, { cluster, statPrefix: options.statPrefix ?? cluster }, options);
}

/** The same for several clusters by weight. */
export function weightedTcpChain(
  context: Generating,
  direction: Direction,
  clusters: readonly { name: string; weight: number }[],
  statPrefix: string,
  options: TcpOptions = {},
): Json[] {
  return chain(context, direction, { statPrefix, weightedClusters: { clusters } }, options);
}

function chain(context: Generating, direction: Direction, target: Json, options: TcpOptions): Json[] {
  const { mesh } = context.scope;
  const tcp = {
    ...target,
    accessLog: options.log === false ? undefined : accessLog(mesh),
    hashPolicy: options.hash,
    idleTimeout:
      options.pool?.tcpIdleTimeout === undefined ? undefined : duration(options.pool.tcpIdleTimeout),
    maxDownstreamConnectionDuration:
      options.pool?.maxConnectionDuration === undefined
        ? undefined
        : duration(options.pool.maxConnectionDuration),
  };
  return [
    ...networkFilters(context, direction, 'tcp'),
    {
      name: 'envoy.filters.network.tcp_proxy',
      typedConfig: typed('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', defined(tcp)),
    },
  ];
}

/** Destinations that get nothing are left out; a single one without a weight gets all. */
export function liveDestinations(destinations: readonly WeightedDestination[]): WeightedDestination[] {
  if (destinations.length === 1) return [...destinations];
  return destinations.filter((entry) => entry.weight > 0);
}
