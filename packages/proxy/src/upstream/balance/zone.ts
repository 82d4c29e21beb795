import type { Random } from '../../http/types.ts';
import type { Counter } from '../../telemetry/stats.ts';
import type { UpstreamHost } from '../host.ts';
import type { HostSet, LocalityHosts } from '../host-set.ts';
import type { LoadBalancerContext } from '../types.ts';
import { EdfScheduler } from './edf.ts';
import { choosePriority, computeLoads, type LoadOptions, type PriorityLoads } from './priorities.ts';
import type { Balancer, Picker } from './types.ts';

export interface ZoneOptions extends LoadOptions {
  readonly failOnPanic: boolean;
}

type Availability = 'healthy' | 'degraded';
type LocalityScheduler = EdfScheduler<LocalityHosts & { readonly effective: number }>;

/** Priority, panic and locality first, then a picker inside the list that remains. */
export class ZoneBalancer implements Balancer {
  private sets: readonly HostSet[] = [];
  private loads: PriorityLoads = { healthy: [], degraded: [], panic: [] };
  private schedulers = new Map<string, LocalityScheduler>();
  private readonly picker: Picker;
  private readonly options: ZoneOptions;
  private readonly random: Random;
  private readonly panicked: Counter;

  constructor(picker: Picker, options: ZoneOptions, random: Random, panicked: Counter) {
    this.picker = picker;
    this.options = options;
    this.random = random;
    this.panicked = panicked;
  }

  update(sets: readonly HostSet[]): void {
    this.sets = sets;
    this.loads = computeLoads(sets, this.options);
    this.schedulers = new Map();
    const sources = new Set<string>();
    for (const [priority, set] of sets.entries()) {
      this.prepare(`${priority}/all`, set.all, sources);
      for (const kind of ['healthy', 'degraded'] as const) this.prepareKind(set, priority, kind, sources);
    }
    this.picker.retain(sources);
  }

  private prepareKind(set: HostSet, priority: number, kind: Availability, sources: Set<string>): void {
    this.prepare(`${priority}/${kind}`, set[kind], sources);
    if (!set.localities) return;
    for (const locality of set.localities)
      this.prepare(`${priority}/${kind}/${locality.key}`, locality[kind], sources);
    this.schedulers.set(
      `${priority}/${kind}`,
      scheduleLocalities(set.localities, kind, this.options.overprovisioning),
    );
  }

  private prepare(source: string, hosts: readonly UpstreamHost[], sources: Set<string>): void {
    if (hosts.length === 0) return;
    sources.add(source);
    this.picker.prepare(source, hosts);
  }

  choose(context: LoadBalancerContext): UpstreamHost | undefined {
    const draw =
      context.hash === undefined ? Math.floor(this.random.next() * 100) : Number(context.hash % 100n);
    const { priority, degraded } = choosePriority(this.loads, draw);
    const set = this.sets[priority];
    if (!set) return undefined;
    if (this.loads.panic[priority]) {
      this.panicked.inc();
      return this.options.failOnPanic ? undefined : this.pickFrom(`${priority}/all`, set.all, context);
    }
    const kind: Availability = degraded ? 'degraded' : 'healthy';
    const locality = this.schedulers.get(`${priority}/${kind}`)?.next((item) => item.effective);
    if (locality) return this.pickFrom(`${priority}/${kind}/${locality.key}`, locality[kind], context);
    return this.pickFrom(`${priority}/${kind}`, set[kind], context);
  }

  private pickFrom(
    source: string,
    hosts: readonly UpstreamHost[],
    context: LoadBalancerContext,
  ): UpstreamHost | undefined {
    return hosts.length === 0 ? undefined : this.picker.pick(source, hosts, context);
  }
}

/** A locality counts less once fewer hosts are available than overprovisioning makes up for. */
function scheduleLocalities(
  localities: readonly LocalityHosts[],
  kind: Availability,
  overprovisioning: number,
): LocalityScheduler {
  const scheduler: LocalityScheduler = new EdfScheduler();
  for (const locality of localities) {
    if (locality.weight === 0 || locality[kind].length === 0) continue;
    const ratio = locality[kind].length / locality.all.length;
    const effective = locality.weight * Math.min(1, (overprovisioning / 100) * ratio);
    scheduler.add(effective, { ...locality, effective });
  }
  return scheduler;
}
