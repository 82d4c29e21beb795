import type { Clock } from '@lateen/kit';
import type { Cluster, Host, RoutingPriority } from '../../upstream/types.ts';
import { NameTable } from '../codec/names.ts';
import { Flusher } from '../codec/output.ts';
import { type ClusterHttpStats, clusterHttpStats } from './cluster-stats.ts';
import { ConnectionPool } from './pool.ts';
import { type PoolOptions, poolOptions } from './pool-options.ts';

/** What the HTTP path keeps for one cluster as long as the cluster lives. */
export interface ClusterPools {
  readonly cluster: Cluster;
  readonly stats: ClusterHttpStats;
  readonly options: PoolOptions;
  readonly byHost: Map<Host, ConnectionPool>;
  readonly byHostHigh: Map<Host, ConnectionPool>;
}

/** All upstream connections of the process's HTTP path. */
export class PoolManager {
  readonly clock: Clock;
  readonly flusher = new Flusher();
  readonly names = new NameTable('response');
  private readonly clusters = new Map<Cluster, ClusterPools>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  of(cluster: Cluster): ClusterPools {
    return this.clusters.get(cluster) ?? this.add(cluster);
  }

  pool(pools: ClusterPools, host: Host, priority: RoutingPriority): ConnectionPool {
    const byHost = priority === 'HIGH' ? pools.byHostHigh : pools.byHost;
    const found = byHost.get(host);
    if (found !== undefined) return found;
    const shared = { ...pools, clock: this.clock, names: this.names, flusher: this.flusher };
    const pool = new ConnectionPool(pools.cluster, host, priority, shared, () => byHost.delete(host));
    byHost.set(host, pool);
    return pool;
  }

  private add(cluster: Cluster): ClusterPools {
    const pools: ClusterPools = {
      cluster,
      stats: clusterHttpStats(cluster),
      options: poolOptions(cluster),
      byHost: new Map(),
      byHostHigh: new Map(),
    };
    this.clusters.set(cluster, pools);
    const stopWatching = cluster.onHostsRemoved((hosts) => drainHosts(pools, hosts));
    const stop = cluster.onRemoved(() => {
      stopWatching();
      stop();
      this.clusters.delete(cluster);
      drainHosts(pools, [...pools.byHost.keys(), ...pools.byHostHigh.keys()]);
    });
    return pools;
  }
}

function drainHosts(pools: ClusterPools, hosts: readonly Host[]): void {
  for (const host of hosts) {
    pools.byHost.get(host)?.drain();
    pools.byHostHigh.get(host)?.drain();
  }
}
