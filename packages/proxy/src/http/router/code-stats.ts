import type { VirtualHost } from '../../route/types.ts';
import type { StatsScope } from '../../telemetry/stats.ts';
import type { Cluster } from '../../upstream/types.ts';
import type { Stream } from '../stream.ts';
import { type ClusterHttpStats, type CodeCounters, codeCounters, countCode, makeCodeCounters } from '../upstream/cluster-stats.ts';

/** Counters below `vhost.`, made when they are first needed. */
export class VirtualHostStats {
  private readonly scope: StatsScope;
  private readonly counters = new Map<string, CodeCounters>();

  constructor(root: StatsScope) {
    this.scope = root.scope('vhost');
  }

  of(path: string): CodeCounters {
    let found = this.counters.get(path);
    if (found === undefined) {
      const scope = this.scope.scope(path);
      const inner = makeCodeCounters((name) => scope.counter(name), scope.histogram('upstream_rq_time'));
      found = inner;
      this.counters.set(path, found);
    }
    return found;
  }
}

/** Counts an answer of a cluster under its code, below every prefix that Envoy uses. */
export function chargeCode(stream: Stream, cluster: Cluster, stats: ClusterHttpStats, status: number, canary: boolean): void {
  countCode(codeCounters(cluster, stats, ''), status);
  countCode(codeCounters(cluster, stats, stream.internal ? 'internal' : 'external'), status);
  if (canary) countCode(codeCounters(cluster, stats, 'canary'), status);
  const route = stream.match?.route;
  if (route === undefined) return;
  const host = route.virtualHost;
  const virtualCluster = virtualClusterOf(stream, host);
  const { vhostStats } = stream.manager;
  if (virtualCluster !== undefined) countCode(vhostStats.of(`${host.name}.vcluster.${virtualCluster}`), status);
  if (route.statPrefix !== '') countCode(vhostStats.of(`${host.name}.route.${route.statPrefix}`), status);
}

function virtualClusterOf(stream: Stream, host: VirtualHost): string | undefined {
  if (host.virtualClusters.length === 0) return undefined;
  return host.virtualClusters.find((cluster) => cluster.matches(stream.request))?.name ?? 'other';
}

/** Counts how long an answer took. */
export function chargeTime(stream: Stream, cluster: Cluster, stats: ClusterHttpStats, milliseconds: number): void {
  stats.rqTime.record(milliseconds);
  codeCounters(cluster, stats, stream.internal ? 'internal' : 'external').time.record(milliseconds);
}
