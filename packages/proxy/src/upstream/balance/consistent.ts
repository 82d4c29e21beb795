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
  private entries: readonly (readonly WeightedHost[])[] = [];
  private readonly balanceFactor: number;
  private readonly build: BuildTable;
  private readonly options: LoadOptions;
  private readonly random: Random;
  private readonly panicked: Counter;

  /** With `balanceFactor` (percent, 0 for none) no host gets more than its share of the requests under way times that. */
  constructor(build: BuildTable, options: LoadOptions, random: Random, panicked: Counter, balanceFactor = 0) {
    this.balanceFactor = balanceFactor;
    this.build = build;
    this.options = options;
    this.random = random;
    this.panicked = panicked;
  }

  update(sets: readonly HostSet[]): void {
    this.loads = computeLoads(sets, this.options);
    this.entries = sets.map((set, priority) => shares(set, this.loads.panic[priority]!));
    this.tables = this.entries.map((hosts) => this.build(hosts));
  }

  choose(context: LoadBalancerContext, attempt: number): UpstreamHost | undefined {
    const hash = context.hash ?? BigInt(Math.floor(this.random.next() * 2 ** 52)) << 12n;
    const { priority } = choosePriority(this.loads, Number(hash % 100n));
    if (this.loads.panic[priority]) this.panicked.inc();
    const host = this.tables[priority]?.choose(hash, attempt);
    return host && this.balanceFactor > 0
      ? relieve(host, hash, this.entries[priority]!, this.balanceFactor)
      : host;
  }
}

/** The host itself unless it is overloaded; then the first after it, from a place that the hash decides, that is not. */
function relieve(
  host: UpstreamHost,
  hash: bigint,
  entries: readonly WeightedHost[],
  factor: number,
): UpstreamHost {
  const active = entries.reduce((sum, entry) => sum + entry.host.activeRequests, 0);
  const slots = Math.ceil(((active + 1) * factor) / 100);
  const load = (entry: WeightedHost) =>
    entry.host.activeRequests / Math.max(1, Math.ceil(slots * entry.weight));
  const chosen = entries.find((entry) => entry.host === host);
  if (!chosen || load(chosen) < 1) return host;
  const start = Number(hash % BigInt(entries.length));
  const order = [...entries.slice(start), ...entries.slice(0, start)];
  return (order.find((entry) => load(entry) < 1) ?? chosen).host;
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
