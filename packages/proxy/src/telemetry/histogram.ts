import type { Histogram } from './stats.ts';

/** Quantiles that `/stats` prints. */
export const summaryQuantiles: readonly number[] = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1];

/** Upper bounds of the buckets of the Prometheus exposition, in milliseconds. */
export const defaultBuckets: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** Counts in log-linear bins: two significant decimal digits a bin, as Envoy's histograms have. */
export class Bins {
  private readonly counts = new Map<number, number>();
  total = 0;

  add(value: number): void {
    const bin = binOf(value);
    this.counts.set(bin, (this.counts.get(bin) ?? 0) + 1);
    this.total++;
  }

  merge(other: Bins): void {
    for (const [bin, count] of other.counts) this.counts.set(bin, (this.counts.get(bin) ?? 0) + count);
    this.total += other.total;
  }

  clear(): void {
    this.counts.clear();
    this.total = 0;
  }

  private sorted(): [number, number][] {
    return [...this.counts].sort((a, b) => a[0] - b[0]);
  }

  /** The bins that hold samples, by their lower edge. */
  entries(): readonly { readonly lower: number; readonly width: number; readonly count: number }[] {
    return this.sorted().map(([bin, count]) => ({ lower: lower(bin), width: width(bin), count }));
  }

  /** NaN without samples. */
  quantiles(wanted: readonly number[]): number[] {
    const bins = this.sorted();
    return wanted.map((q) => quantile(bins, this.total, q));
  }

  sum(): number {
    let sum = 0;
    for (const [bin, count] of this.counts) sum += midpoint(bin) * count;
    return sum;
  }

  /** How many samples lie in bins that end at or below each bound. */
  cumulative(bounds: readonly number[]): number[] {
    const bins = this.sorted();
    return bounds.map((bound) => countBelow(bins, bound));
  }
}

/** Bins are named by their lower edge as mantissa (10..99) and exponent: `mantissa + 100 * (exponent + 1)`. */
function binOf(value: number): number {
  if (!(value > 0)) return 0;
  if (value < 10) return value >= 1 ? Math.floor(value * 10 + 1e-9) + 100 : smallBin(value);
  if (value < 100) return Math.floor(value) + 200;
  let exponent = 1;
  let scaled = value;
  while (scaled >= 100) {
    scaled /= 10;
    exponent++;
  }
  return Math.floor(scaled + 1e-9) + 100 * (exponent + 1);
}

function smallBin(value: number): number {
  if (value < 0.001) return 0;
  let exponent = 0;
  let scaled = value * 10;
  while (scaled < 10) {
    scaled *= 10;
    exponent--;
  }
  return Math.floor(scaled + 1e-9) + 100 * (exponent + 1);
}

function lower(bin: number): number {
  if (bin === 0) return 0;
  const exponent = Math.floor(bin / 100) - 1;
  const mantissa = bin - 100 * (exponent + 1);
  return exponent >= 1 ? mantissa * 10 ** (exponent - 1) : mantissa / 10 ** (1 - exponent);
}

function width(bin: number): number {
  if (bin === 0) return 0;
  const exponent = Math.floor(bin / 100) - 1;
  return exponent >= 1 ? 10 ** (exponent - 1) : 1 / 10 ** (1 - exponent);
}

/** The centre that keeps the relative error of a sum least: the harmonic one. */
function midpoint(bin: number): number {
  if (bin === 0) return 0;
  const [low, size] = [lower(bin), width(bin)];
  return low + size * (low / (2 * low + size));
}

/** The sample of that rank; samples of one bin are taken as evenly spread over it. */
function quantile(bins: readonly [number, number][], total: number, q: number): number {
  if (total === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(total * q - 1e-9));
  let seen = 0;
  for (const [bin, count] of bins) {
    if (seen + count >= rank) return lower(bin) + (width(bin) * (rank - seen)) / (count + 1);
    seen += count;
  }
  return Number.NaN;
}

function countBelow(bins: readonly [number, number][], bound: number): number {
  let count = 0;
  for (const [bin, inBin] of bins) {
    if (lower(bin) + width(bin) > bound * (1 + 1e-12) && !(lower(bin) === 0 && bin === 0)) break;
    count += inBin;
  }
  return count;
}

/** Samples of the running interval are kept apart until `merge`, which the stats flush calls. */
export class RecordedHistogram implements Histogram {
  readonly name: string;
  private readonly pending = new Bins();
  readonly interval = new Bins();
  readonly cumulative = new Bins();
  used = false;

  constructor(name: string) {
    this.name = name;
  }

  record(value: number): void {
    // Envoy's histograms take whole numbers.
    this.pending.add(Math.floor(value));
  }

  merge(): void {
    if (this.pending.total === 0 && this.interval.total === 0) return;
    this.used = true;
    this.interval.clear();
    this.interval.merge(this.pending);
    this.cumulative.merge(this.pending);
    this.pending.clear();
  }
}
