import type { Counter, StatsScope } from '../../telemetry/stats.ts';
import type { Cluster } from '../../upstream/types.ts';
import type { Stream } from '../stream.ts';
import {
  type ClusterHttpStats,
  type CodeCounters,
  codeCounters,
  countCode,
  makeCodeCounters,
} from '../upstream/cluster-stats.ts';

/** What is counted for a virtual cluster, or for a route with a `stat_prefix`. */
export interface RouteCounters {
  readonly codes: CodeCounters;
  readonly total: Counter;
  readonly timeout: Counter;
  readonly retry: Counter;
  readonly retryLimitExceeded: Counter;
  readonly retryOverflow: Counter;
  readonly retrySuccess: Counter;
}

/** Counters below `vhost.`, made when they are first needed. */
export class VirtualHostStats {
  private readonly scope: StatsScope;
  private readonly counters = new Map<string, RouteCounters>();

  constructor(root: StatsScope) {
    this.scope = root.scope('vhost');
  }

  of(path: string): RouteCounters {
    let found = this.counters.get(path);
    if (found === undefined) {
      found = makeRouteCounters(this.scope.scope(path));
      this.counters.set(path, found);
    }
    return found;
  }
}

function makeRouteCounters(scope: StatsScope): RouteCounters {
  return {
    codes: makeCodeCounters((name) => scope.counter(name), scope.histogram('upstream_rq_time')),
    total: scope.counter('upstream_rq_total'),
    timeout: scope.counter('upstream_rq_timeout'),
    retry: scope.counter('upstream_rq_retry'),
    retryLimitExceeded: scope.counter('upstream_rq_retry_limit_exceeded'),
    retryOverflow: scope.counter('upstream_rq_retry_overflow'),
    retrySuccess: scope.counter('upstream_rq_retry_success'),
  };
}

const none: readonly RouteCounters[] = [];

/** The counters of the request's virtual cluster and route; most requests have none. */
export function routeCounters(stream: Stream): readonly RouteCounters[] {
  const route = stream.match?.route;
  if (route === undefined) return none;
  const host = route.virtualHost;
  const clusters = host.virtualClusters;
  if (clusters.length === 0 && route.statPrefix === '') return none;
  const { vhostStats } = stream.manager;
  const found: RouteCounters[] = [];
  if (clusters.length > 0) {
    const name = clusters.find((cluster) => cluster.matches(stream.request))?.name ?? 'other';
    found.push(vhostStats.of(`${host.name}.vcluster.${name}`));
  }
  if (route.statPrefix !== '') found.push(vhostStats.of(`${host.name}.route.${route.statPrefix}`));
  return found;
}

/** Counts an answer of a cluster under its code, below every prefix that Envoy uses. */
export function chargeCode(
  stream: Stream,
  cluster: Cluster,
  stats: ClusterHttpStats,
  status: number,
  extra: {
    readonly canary?: boolean;
    readonly altPrefix?: string | undefined;
    readonly route: readonly RouteCounters[];
  },
): void {
  countCode(codeCounters(cluster, stats, ''), status);
  countCode(codeCounters(cluster, stats, stream.internal ? 'internal' : 'external'), status);
  if (extra.canary) countCode(codeCounters(cluster, stats, 'canary'), status);
  if (extra.altPrefix) countCode(codeCounters(cluster, stats, extra.altPrefix), status);
  for (const counters of extra.route) countCode(counters.codes, status);
}

/** Counts how long an answer took. */
export function chargeTime(
  stream: Stream,
  cluster: Cluster,
  stats: ClusterHttpStats,
  milliseconds: number,
): void {
  stats.rqTime.record(milliseconds);
  codeCounters(cluster, stats, stream.internal ? 'internal' : 'external').time.record(milliseconds);
}
