/** Names and tags are Envoy's. A counter is held by whoever counts; counting is one addition. */
export interface Counter {
  readonly name: string;
  value: number;
  inc(): void;
  add(amount: number): void;
}

export interface Gauge {
  readonly name: string;
  value: number;
  inc(): void;
  dec(): void;
  set(value: number): void;
}

export interface Histogram {
  readonly name: string;
  /** Milliseconds for times, otherwise the unit that Envoy documents for the name. */
  record(value: number): void;
}

export interface StatsScope {
  /** A name below this scope: `scope('cluster.reviews')`. */
  scope(prefix: string): StatsScope;
  counter(name: string): Counter;
  gauge(name: string): Gauge;
  histogram(name: string): Histogram;
}
