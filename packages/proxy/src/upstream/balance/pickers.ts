import type { Random } from '../../http/types.ts';
import type { UpstreamHost } from '../host.ts';
import { EdfScheduler } from './edf.ts';
import type { Picker } from './types.ts';

type Weigh = (host: UpstreamHost) => number;

const sameWeights = (hosts: readonly UpstreamHost[]) =>
  hosts.every((host) => host.weight === hosts[0]!.weight);

/** Weighted lists go by earliest deadline; lists of equal hosts by `pickEqual`. */
abstract class EdfPicker implements Picker {
  private readonly schedulers = new Map<string, EdfScheduler<UpstreamHost>>();
  protected readonly random: Random;
  private readonly weigh: Weigh;
  private readonly alwaysWeighted: (hosts: readonly UpstreamHost[]) => boolean;

  constructor(random: Random, weigh: Weigh, alwaysWeighted: (hosts: readonly UpstreamHost[]) => boolean) {
    this.random = random;
    this.weigh = weigh;
    this.alwaysWeighted = alwaysWeighted;
  }

  prepare(source: string, hosts: readonly UpstreamHost[]): void {
    if (sameWeights(hosts) && !this.alwaysWeighted(hosts)) {
      this.schedulers.delete(source);
      return;
    }
    const scheduler = new EdfScheduler<UpstreamHost>();
    for (const host of hosts) scheduler.add(this.weigh(host), host);
    // A random start keeps many proxies from beginning with the same host.
    for (let i = Math.floor(this.random.next() * hosts.length); i > 0; i--) scheduler.next(this.weigh);
    this.schedulers.set(source, scheduler);
  }

  pick(source: string, hosts: readonly UpstreamHost[]): UpstreamHost | undefined {
    const scheduler = this.schedulers.get(source);
    return scheduler ? scheduler.next(this.weigh) : this.pickEqual(source, hosts);
  }

  retain(sources: ReadonlySet<string>): void {
    for (const source of this.schedulers.keys()) if (!sources.has(source)) this.schedulers.delete(source);
  }

  protected abstract pickEqual(source: string, hosts: readonly UpstreamHost[]): UpstreamHost;
}

export class RoundRobinPicker extends EdfPicker {
  private readonly indexes = new Map<string, number>();

  constructor(random: Random, slowStart: SlowStart | undefined) {
    super(
      random,
      (host) => host.weight * (slowStart?.factor(host) ?? 1),
      (hosts) => slowStart?.concerns(hosts) ?? false,
    );
  }

  protected pickEqual(source: string, hosts: readonly UpstreamHost[]): UpstreamHost {
    const index = this.indexes.get(source) ?? Math.floor(this.random.next() * hosts.length);
    this.indexes.set(source, index + 1);
    return hosts[index % hosts.length]!;
  }
}

export interface LeastRequestOptions {
  readonly choices: number;
  readonly bias: number;
  readonly fullScan: boolean;
}

export class LeastRequestPicker extends EdfPicker {
  private readonly options: LeastRequestOptions;

  constructor(random: Random, options: LeastRequestOptions, slowStart: SlowStart | undefined) {
    super(
      random,
      (host) => (host.weight / (host.activeRequests + 1) ** options.bias) * (slowStart?.factor(host) ?? 1),
      (hosts) => slowStart?.concerns(hosts) ?? false,
    );
    this.options = options;
  }

  protected pickEqual(_source: string, hosts: readonly UpstreamHost[]): UpstreamHost {
    return this.options.fullScan ? this.scan(hosts) : this.sample(hosts);
  }

  private sample(hosts: readonly UpstreamHost[]): UpstreamHost {
    let best = hosts[Math.floor(this.random.next() * hosts.length)]!;
    for (let i = 1; i < this.options.choices; i++) {
      const other = hosts[Math.floor(this.random.next() * hosts.length)]!;
      if (other.activeRequests < best.activeRequests) best = other;
    }
    return best;
  }

  private scan(hosts: readonly UpstreamHost[]): UpstreamHost {
    const least = Math.min(...hosts.map((host) => host.activeRequests));
    const idle = hosts.filter((host) => host.activeRequests === least);
    return idle[Math.floor(this.random.next() * idle.length)]!;
  }
}

export class RandomPicker implements Picker {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  prepare(): void {}

  retain(): void {}

  pick(_source: string, hosts: readonly UpstreamHost[]): UpstreamHost {
    return hosts[Math.floor(this.random.next() * hosts.length)]!;
  }
}

/** New hosts get less than their share until `window` milliseconds have passed. */
export class SlowStart {
  private readonly window: number;
  private readonly aggression: number;
  private readonly leastFactor: number;
  private readonly now: () => number;

  constructor(window: number, aggression: number, leastFactor: number, now: () => number) {
    this.window = window;
    this.aggression = aggression;
    this.leastFactor = leastFactor;
    this.now = now;
  }

  concerns(hosts: readonly UpstreamHost[]): boolean {
    return hosts.some((host) => this.now() - host.since < this.window);
  }

  factor(host: UpstreamHost): number {
    const age = this.now() - host.since;
    if (age >= this.window) return 1;
    return Math.max(this.leastFactor, (Math.max(age, 1000) / this.window) ** (1 / this.aggression));
  }
}
