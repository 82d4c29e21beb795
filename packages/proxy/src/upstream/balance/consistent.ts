import type { Random } from '../../http/types.ts';
import type { Counter } from '../../telemetry/stats.ts';
import type { UpstreamHost } from '../host.ts';
import type { HostSet } from '../host-set.ts';
import type { LoadBalancerContext } from '../types.ts';
import { choosePriority, computeLoads, type LoadOptions, type PriorityLoads } from './priorities.ts';
import type { Balancer } from './types.ts';

export interface WeightedHost {
  readonly host: UpstreamHost;
  /** Share of the whole, so that all sum up to 1. */
  readonly weight: number;
}

/** A table that maps a 64-bit hash to a host. */
export interface HashTable {
  choose(hash: bigint, attempt: number): UpstreamHost | undefined;
}

export type BuildTable = (hosts: readonly WeightedHost[]) => HashTable;

/** RING_HASH and MAGLEV: one table for each priority, rebuilt with each picture. */
export class ConsistentBalancer implements Balancer {
  private loads: PriorityLoads = { healthy: [], degraded: [], panic: [] };
  private tables: readonly HashTable[] = [];
  private readonly build: BuildTable;
  private readonly options: LoadOptions;
  private readonly random: Random;
  private readonly panicked: Counter;

  constructor(build: BuildTable, options: LoadOptions, random: Random, panicked: Counter) {
    this.build = build;
    this.options = options;
    this.random = random;
    this.panicked = panicked;
  }

  update(sets: readonly HostSet[]): void {
    this.loads = computeLoads(sets, this.options);
    this.tables = sets.map((set, priority) => this.build(shares(set, this.loads.panic[priority]!)));
  }

  choose(context: LoadBalancerContext, attempt: number): UpstreamHost | undefined {
    const hash = context.hash ?? BigInt(Math.floor(this.random.next() * 2 ** 52)) << 12n;
    const { priority } = choosePriority(this.loads, Number(hash % 100n));
    if (this.loads.panic[priority]) this.panicked.inc();
    return this.tables[priority]?.choose(hash, attempt);
  }
}

function shares(set: HostSet, panic: boolean): WeightedHost[] {
  const total = (hosts: readonly UpstreamHost[]) => hosts.reduce((sum, host) => sum + host.weight, 0);
  if (!set.localities) {
    const hosts = panic ? set.all : set.healthy;
    const sum = total(hosts);
    return hosts.map((host) => ({ host, weight: host.weight / sum }));
  }
  const localities = set.localities
    .map((locality) => ({ weight: locality.weight, hosts: panic ? locality.all : locality.healthy }))
    .filter((locality) => locality.hosts.length > 0 && locality.weight > 0);
  const weights = localities.reduce((sum, locality) => sum + locality.weight, 0);
  return localities.flatMap(({ weight, hosts }) => {
    const sum = total(hosts);
    return hosts.map((host) => ({ host, weight: (weight / weights) * (host.weight / sum) }));
  });
}

/** What tables know a host by. */
export function tableKey(host: UpstreamHost, byHostname: boolean): string {
  const key = host.metadata['envoy.lb']?.hash_key;
  if (typeof key === 'string' && key !== '') return key;
  return byHostname ? host.hostname : host.key;
}
