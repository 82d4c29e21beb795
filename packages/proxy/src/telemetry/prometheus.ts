import { defaultBuckets } from './histogram.ts';
import type { HistogramView, NumberView } from './store.ts';
import type { TaggedName } from './tags.ts';

export interface PrometheusInput {
  readonly counters: readonly NumberView[];
  readonly gauges: readonly NumberView[];
  readonly histograms: readonly HistogramView[];
  readonly extract: (name: string) => TaggedName;
}

/** Metrics under these prefixes keep their names as they are. */
const ownNamespaces = ['istiocustom.', 'wasmcustom.'];

function metricName(name: string): string {
  const own = ownNamespaces.find((prefix) => name.startsWith(prefix));
  const clean = (own ? name.slice(own.length) : name).replace(/[^a-zA-Z0-9_]/g, '_');
  if (own) return clean;
  return `envoy_${clean}`;
}

const labelName = (tag: string) => tag.replace(/[^a-zA-Z0-9_]/g, '_');
const labelValue = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

interface Series<T> {
  readonly labels: string;
  readonly view: T;
}

/** Series grouped by metric, metrics and series in the order of their names. */
function group<T extends { readonly name: string }>(
  views: readonly T[],
  extract: PrometheusInput['extract'],
): [string, Series<T>[]][] {
  const metrics = new Map<string, Series<T>[]>();
  for (const view of views) {
    const { name, tags } = extract(view.name);
    const labels = tags.map(([tag, value]) => `${labelName(tag)}="${labelValue(value)}"`).join(',');
    const key = metricName(name);
    const list = metrics.get(key);
    if (list) list.push({ labels, view });
    else metrics.set(key, [{ labels, view }]);
  }
  return [...metrics].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The text exposition format. */
export function renderPrometheus(input: PrometheusInput): string {
  const lines: string[] = [];
  for (const [kind, views] of [
    ['counter', input.counters],
    ['gauge', input.gauges],
  ] as const) {
    for (const [metric, series] of group(views, input.extract)) {
      lines.push(`# TYPE ${metric} ${kind}`);
      for (const { labels, view } of series) lines.push(`${metric}{${labels}} ${view.value}`);
    }
  }
  for (const [metric, series] of group(input.histograms, input.extract)) {
    lines.push(`# TYPE ${metric} histogram`);
    for (const { labels, view } of series) renderHistogram(metric, labels, view, lines);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function renderHistogram(
  metric: string,
  labels: string,
  { histogram }: HistogramView,
  lines: string[],
): void {
  const prefix = labels === '' ? '' : `${labels},`;
  const { cumulative } = histogram;
  const counts = cumulative.cumulative(defaultBuckets);
  for (const [index, bound] of defaultBuckets.entries())
    lines.push(`${metric}_bucket{${prefix}le="${bound}"} ${counts[index]}`);
  lines.push(`${metric}_bucket{${prefix}le="+Inf"} ${cumulative.total}`);
  lines.push(`${metric}_sum{${labels}} ${exactNumber(cumulative.sum())}`);
  lines.push(`${metric}_count{${labels}} ${cumulative.total}`);
}

/** At most six significant digits, as `%g` prints. */
export function shortNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent < 6 && exponent >= -4) return String(Number(value.toPrecision(6)));
  const [mantissa, power] = value.toExponential(5).split('e') as [string, string];
  const digits = power.replace(/^([+-])(\d)$/, '$10$2');
  return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${digits}`;
}

/** The exact decimal digits of a positive number, 32 of them at most, as `%.32g` prints. */
export function exactNumber(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  let scaled = value;
  let shift = 0n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  const whole = Math.floor(value);
  const digits = 32 - String(whole).length;
  const fraction = BigInt(scaled) - (BigInt(whole) << shift);
  const rounded = (fraction * 10n ** BigInt(digits) * 2n + (1n << shift)) / (1n << (shift + 1n));
  return `${whole}.${String(rounded).padStart(digits, '0')}`.replace(/0+$/, '');
}
