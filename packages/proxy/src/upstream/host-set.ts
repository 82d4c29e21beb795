import type { UpstreamHost } from './host.ts';

/** Hosts of one locality in one priority, as balancers see them. */
export interface LocalityHosts {
  readonly key: string;
  readonly weight: number;
  readonly all: readonly UpstreamHost[];
  readonly healthy: readonly UpstreamHost[];
  readonly degraded: readonly UpstreamHost[];
}

/** A frozen picture of one priority; balancers keep choosing from it until they are given the next. */
export interface HostSet {
  readonly all: readonly UpstreamHost[];
  readonly healthy: readonly UpstreamHost[];
  readonly degraded: readonly UpstreamHost[];
  /** Hosts that do not count when health is a percentage. */
  readonly excluded: number;
  /** Undefined unless localities are weighted. */
  readonly localities: readonly LocalityHosts[] | undefined;
}

export interface HostSetOptions {
  readonly localityWeighted: boolean;
  /** Hosts whose first health check is still out do not count. */
  readonly ignoreNewHosts: boolean;
}

export const localityKey = (host: Pick<UpstreamHost, 'locality'>) =>
  `${host.locality.region}/${host.locality.zone}/${host.locality.subZone}`;

export const isHealthy = (host: UpstreamHost) => host.healthy && !host.ejected && !host.degraded;
/** Draining hosts, and if asked for those that have never been checked, do not count when health is a percentage. */
export const isExcluded = (host: UpstreamHost, ignoreNewHosts: boolean) =>
  host.healthStatus === 'DRAINING' || (ignoreNewHosts && host.pendingHealthCheck);
export const isDegraded = (host: UpstreamHost) => host.healthy && !host.ejected && host.degraded;

/** Pictures of all priorities, from the hosts as they are now. `weights` is by priority and locality. */
export function pictureHosts(
  hosts: readonly UpstreamHost[],
  weights: ReadonlyMap<string, number>,
  options: HostSetOptions,
): readonly HostSet[] {
  const highest = hosts.reduce((max, host) => Math.max(max, host.priority), 0);
  return Array.from({ length: highest + 1 }, (_, priority) => {
    const own = hosts.filter((host) => host.priority === priority);
    return {
      all: own,
      healthy: own.filter(isHealthy),
      degraded: own.filter(isDegraded),
      excluded: own.filter((host) => isExcluded(host, options.ignoreNewHosts)).length,
      localities: options.localityWeighted ? pictureLocalities(own, priority, weights) : undefined,
    };
  });
}

export const localityWeightKey = (priority: number, locality: string) => `${priority}|${locality}`;

function pictureLocalities(
  hosts: readonly UpstreamHost[],
  priority: number,
  weights: ReadonlyMap<string, number>,
): LocalityHosts[] {
  const groups = Map.groupBy(hosts, localityKey);
  return [...groups].map(([key, all]) => ({
    key,
    weight: weights.get(localityWeightKey(priority, key)) ?? 0,
    all,
    healthy: all.filter(isHealthy),
    degraded: all.filter(isDegraded),
  }));
}
