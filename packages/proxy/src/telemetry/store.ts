import { RecordedHistogram } from './histogram.ts';
import type { Counter, Gauge, Histogram, StatsScope } from './stats.ts';

class StoredCounter implements Counter {
  readonly name: string;
  value = 0;
  /** Survives a reset to zero. */
  everUsed = false;

  constructor(name: string) {
    this.name = name;
  }

  inc(): void {
    this.value++;
  }

  add(amount: number): void {
    this.value += amount;
  }
}

class StoredGauge implements Gauge {
  readonly name: string;
  value = 0;
  used = false;

  constructor(name: string) {
    this.name = name;
  }

  inc(): void {
    this.value++;
    this.used = true;
  }

  dec(): void {
    this.value--;
  }

  set(value: number): void {
    this.value = value;
    this.used = true;
  }
}

export interface StatView {
  readonly name: string;
  readonly used: boolean;
}

export interface NumberView extends StatView {
  readonly value: number;
}

export interface HistogramView extends StatView {
  readonly histogram: RecordedHistogram;
}

/** All stats of one proxy by their full name. Stats whose name `rejected` names count, but are not shown. */
export class StatsStore implements StatsScope {
  private readonly counters = new Map<string, StoredCounter>();
  private readonly gauges = new Map<string, StoredGauge>();
  private readonly histograms = new Map<string, RecordedHistogram>();
  private readonly texts = new Map<string, string>();
  private readonly rejected: (name: string) => boolean;

  constructor(rejected: (name: string) => boolean = () => false) {
    this.rejected = rejected;
  }

  scope(prefix: string): StatsScope {
    return new Scope(this, `${sanitize(prefix)}.`);
  }

  counter(name: string): Counter {
    return this.obtain(this.counters, name, (full) => new StoredCounter(full));
  }

  gauge(name: string): Gauge {
    return this.obtain(this.gauges, name, (full) => new StoredGauge(full));
  }

  histogram(name: string): Histogram {
    return this.obtain(this.histograms, name, (full) => new RecordedHistogram(full));
  }

  setText(name: string, value: string): void {
    this.texts.set(name, value);
  }

  private obtain<T>(map: Map<string, T>, name: string, create: (name: string) => T): T {
    let stat = map.get(name);
    if (!stat) {
      stat = create(name);
      if (!this.rejected(name)) map.set(name, stat);
    }
    return stat;
  }

  /** Forgets every stat whose name begins with `prefix`; holders of them keep counting unseen. */
  forget(prefix: string): void {
    for (const map of [this.counters, this.gauges, this.histograms]) {
      for (const name of map.keys()) if (name.startsWith(prefix)) map.delete(name);
    }
  }

  /** Moves what histograms recorded since the last call into what is shown. */
  flush(): void {
    for (const histogram of this.histograms.values()) histogram.merge();
  }

  resetCounters(): void {
    for (const counter of this.counters.values()) {
      counter.everUsed ||= counter.value > 0;
      counter.value = 0;
    }
  }

  counterViews(): NumberView[] {
    const view = (c: StoredCounter) => ({ name: c.name, value: c.value, used: c.everUsed || c.value > 0 });
    return [...this.counters.values()].map(view);
  }

  gaugeViews(): NumberView[] {
    return [...this.gauges.values()].map((g) => ({
      name: g.name,
      value: Math.max(0, g.value),
      used: g.used || g.value !== 0,
    }));
  }

  histogramViews(): HistogramView[] {
    return [...this.histograms.values()].map((h) => ({ name: h.name, used: h.used, histogram: h }));
  }

  textViews(): { readonly name: string; readonly value: string }[] {
    return [...this.texts].map(([name, value]) => ({ name, value }));
  }
}

class Scope implements StatsScope {
  private readonly store: StatsStore;
  private readonly prefix: string;

  constructor(store: StatsStore, prefix: string) {
    this.store = store;
    this.prefix = prefix;
  }

  scope(prefix: string): StatsScope {
    return new Scope(this.store, `${this.prefix}${sanitize(prefix)}.`);
  }

  counter(name: string): Counter {
    return this.store.counter(this.prefix + name);
  }

  gauge(name: string): Gauge {
    return this.store.gauge(this.prefix + name);
  }

  histogram(name: string): Histogram {
    return this.store.histogram(this.prefix + name);
  }
}

/** Stat names never carry a colon; a trailing dot is dropped. */
function sanitize(prefix: string): string {
  const clean = prefix.replaceAll('://', '_').replaceAll(':/', '_').replaceAll(':', '_');
  return clean.endsWith('.') ? clean.slice(0, -1) : clean;
}
