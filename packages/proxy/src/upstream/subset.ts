import type { StatsScope } from '../telemetry/stats.ts';
import type { Balancer } from './balance/types.ts';
import type { UpstreamHost } from './host.ts';
import { type HostSet, localityKey } from './host-set.ts';
import type { LoadBalancerContext } from './types.ts';

type Message = Readonly<Record<string, any>>;
type Labels = Readonly<Record<string, unknown>>;

interface Selector {
  readonly keys: readonly string[];
  readonly fallback: string | undefined;
  readonly fallbackKeys: readonly string[];
}

/** Envoy counts the subsets of its main thread and of its worker; dashboards expect both. */
const balancersCounted = 2;

/** One balancer for each combination of metadata values that the selectors name, and one to fall back on. */
export class SubsetBalancer implements Balancer {
  private readonly make: () => Balancer;
  private readonly selectors: readonly Selector[];
  private readonly fallback: string;
  private readonly defaultSubset: Labels;
  private readonly scope: StatsScope;
  private subsets = new Map<string, Balancer>();
  private readonly everything: Balancer;
  private defaults: Balancer | undefined;

  constructor(config: Message, scope: StatsScope, make: () => Balancer) {
    this.make = make;
    this.scope = scope;
    this.selectors = (config.subsetSelectors ?? []).map((selector: Message) => ({
      keys: [...(selector.keys ?? [])].sort(),
      fallback: selector.fallbackPolicy,
      fallbackKeys: [...(selector.fallbackKeysSubset ?? [])].sort(),
    }));
    this.fallback = config.fallbackPolicy ?? 'NO_FALLBACK';
    this.defaultSubset = config.defaultSubset ?? {};
    this.everything = make();
  }

  update(sets: readonly HostSet[]): void {
    this.everything.update(sets);
    const wanted = new Map<string, Labels>();
    for (const set of sets) for (const host of set.all) this.collect(host, wanted);
    this.account(wanted);
    const next = new Map<string, Balancer>();
    for (const [key, labels] of wanted) {
      const balancer = this.subsets.get(key) ?? this.make();
      balancer.update(filterSets(sets, (host) => carries(host, labels)));
      next.set(key, balancer);
    }
    this.subsets = next;
    if (this.fallback === 'DEFAULT_SUBSET') {
      this.defaults ??= this.make();
      this.defaults.update(filterSets(sets, (host) => carries(host, this.defaultSubset)));
    }
  }

  private collect(host: UpstreamHost, wanted: Map<string, Labels>): void {
    const metadata = host.metadata['envoy.lb'] ?? {};
    for (const { keys } of this.selectors) {
      if (!keys.every((key) => metadata[key] !== undefined)) continue;
      const labels = Object.fromEntries(keys.map((key) => [key, metadata[key]]));
      wanted.set(JSON.stringify(labels), labels);
    }
  }

  private account(wanted: ReadonlyMap<string, Labels>): void {
    for (const key of wanted.keys())
      if (!this.subsets.has(key)) this.scope.counter('lb_subsets_created').add(balancersCounted);
    for (const key of this.subsets.keys())
      if (!wanted.has(key)) this.scope.counter('lb_subsets_removed').add(balancersCounted);
    this.scope.gauge('lb_subsets_active').set(wanted.size * balancersCounted);
  }

  choose(context: LoadBalancerContext, attempt: number): UpstreamHost | undefined {
    const match = context.metadataMatch;
    const selector = match && this.selectorOf(match);
    if (match && selector) {
      const balancer = this.subsets.get(subsetKey(match));
      if (balancer) {
        this.scope.counter('lb_subsets_selected').inc();
        return balancer.choose(context, attempt);
      }
    }
    return this.fallBack(selector, context, attempt);
  }

  private selectorOf(match: Labels): Selector | undefined {
    const keys = Object.keys(match).sort().join('\0');
    return this.selectors.find((selector) => selector.keys.join('\0') === keys);
  }

  private fallBack(
    selector: Selector | undefined,
    context: LoadBalancerContext,
    attempt: number,
  ): UpstreamHost | undefined {
    const policy =
      selector?.fallback && selector.fallback !== 'NOT_DEFINED' ? selector.fallback : this.fallback;
    if (policy === 'NO_FALLBACK') return undefined;
    if (policy === 'KEYS_SUBSET' && selector) {
      const narrowed = Object.fromEntries(
        selector.fallbackKeys.map((key) => [key, context.metadataMatch?.[key]]),
      );
      return this.choose({ ...context, metadataMatch: narrowed }, attempt);
    }
    if (policy === this.fallback) this.scope.counter('lb_subsets_fallback').inc();
    const balancer = policy === 'DEFAULT_SUBSET' ? this.defaults : this.everything;
    return balancer?.choose(context, attempt);
  }
}

const subsetKey = (labels: Labels) =>
  JSON.stringify(
    Object.fromEntries(
      Object.keys(labels)
        .sort()
        .map((key) => [key, labels[key]]),
    ),
  );

const carries = (host: UpstreamHost, labels: Labels) =>
  Object.entries(labels).every(
    ([key, value]) => JSON.stringify(host.metadata['envoy.lb']?.[key]) === JSON.stringify(value),
  );

function filterSets(sets: readonly HostSet[], keep: (host: UpstreamHost) => boolean): HostSet[] {
  return sets.map((set) => ({
    all: set.all.filter(keep),
    healthy: set.healthy.filter(keep),
    degraded: set.degraded.filter(keep),
    excluded: 0,
    localities: set.localities
      ?.map((locality) => ({
        ...locality,
        all: locality.all.filter(keep),
        healthy: locality.healthy.filter(keep),
        degraded: locality.degraded.filter(keep),
      }))
      .filter((locality) => locality.all.some((host) => localityKey(host) === locality.key)),
  }));
}
