import { defaultBuckets, type RecordedHistogram, summaryQuantiles } from '../telemetry/histogram.ts';
import { renderPrometheus, shortNumber } from '../telemetry/prometheus.ts';
import type { StatView } from '../telemetry/store.ts';
import { extractTags } from '../telemetry/tags.ts';
import { compileRe2 } from './regex.ts';
import { type AdminReply, json, text } from './reply.ts';
import type { AdminRequest } from './request.ts';
import type { AdminTarget } from './target.ts';

const formats = ['html', 'active-html', 'json', 'prometheus', 'text'];
const types = ['All', 'Counters', 'Histograms', 'Gauges', 'TextReadouts'];
const bucketModes = ['cumulative', 'disjoint', 'detailed', 'summary', 'none'];

interface Selection {
  readonly matches: (view: StatView) => boolean;
  readonly wants: (type: string) => boolean;
  readonly buckets: string;
}

function select(query: URLSearchParams): Selection | AdminReply {
  const filter = query.get('filter');
  const regex = filter ? compileRe2(filter) : undefined;
  if (typeof regex === 'string') return text(regex, 400);
  const type = query.get('type') || 'All';
  if (!types.includes(type)) return text('invalid &type= param', 400);
  const buckets = query.get('histogram_buckets') || 'summary';
  if (!bucketModes.includes(buckets))
    return text(`usage: /stats?histogram_buckets=(summary|cumulative|disjoint|detailed)\n`, 400);
  const used = query.has('usedonly');
  const invert = query.has('invert_filter');
  return {
    matches: (view) => (!used || view.used) && (!regex || regex.test(view.name) !== invert),
    wants: (wanted) => type === 'All' || type === wanted,
    buckets,
  };
}

const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

/** `/stats`. */
export function stats(target: AdminTarget, { query }: AdminRequest): AdminReply {
  const format = query.get('format') || 'text';
  if (!formats.includes(format))
    return text('usage: /stats?format=(html|active-html|json|prometheus|text)\n\n', 400);
  const selection = select(query);
  if ('status' in selection) return selection;
  target.updateServerStats();
  if (format === 'prometheus') return prometheus(target, selection);
  const numbers = [
    ...(selection.wants('Counters') ? target.store.counterViews() : []),
    ...(selection.wants('Gauges') ? target.store.gaugeViews() : []),
  ]
    .filter(selection.matches)
    .sort(byName);
  const histograms = selection.wants('Histograms')
    ? target.store.histogramViews().filter(selection.matches).sort(byName)
    : [];
  const readouts = selection.wants('TextReadouts') ? target.store.textViews().sort(byName) : [];
  if (format === 'json') {
    const list: object[] = [...readouts, ...numbers].map(({ name, value }) => ({ name, value }));
    if (histograms.length > 0)
      list.push({
        histograms: histogramsJson(
          histograms.map((view) => view.histogram),
          selection.buckets,
        ),
      });
    return json(JSON.stringify({ stats: list }));
  }
  const lines = [
    ...readouts.map(({ name, value }) => `${name}: "${value}"`),
    ...numbers.map(({ name, value }) => `${name}: ${value}`),
    ...histograms.map((view) => histogramText(view.histogram, selection.buckets)),
  ];
  const body = lines.map((line) => `${line}\n`).join('');
  return format === 'text' ? text(body) : { status: 200, type: 'text/html; charset=UTF-8', body: page(body) };
}

/** `/stats/prometheus`. */
export function statsPrometheus(target: AdminTarget, { query }: AdminRequest): AdminReply {
  const selection = select(query);
  if ('status' in selection) return selection;
  target.updateServerStats();
  return prometheus(target, selection);
}

function prometheus(target: AdminTarget, selection: Selection): AdminReply {
  const defaults = target.bootstrap.statsConfig?.useAllDefaultTags ?? true;
  return text(
    renderPrometheus({
      counters: target.store.counterViews().filter(selection.matches),
      gauges: target.store.gaugeViews().filter(selection.matches),
      histograms: target.store.histogramViews().filter(selection.matches),
      extract: (name) => extractTags(name, target.tags, defaults),
    }),
  );
}

const percent = (quantile: number) => shortNumber(quantile * 100);
const shown = (value: number) => (Number.isNaN(value) ? 'nan' : String(value));

function histogramText(histogram: RecordedHistogram, mode: string): string {
  const { name, interval, cumulative, used } = histogram;
  if (mode === 'summary' || mode === 'none')
    return `${name}: ${used ? summary(histogram) : 'No recorded values'}`;
  if (mode === 'detailed') {
    const bins = (list: typeof interval) =>
      list
        .entries()
        .map((bin) => `${shown(bin.lower)},${shown(bin.width)}:${bin.count}`)
        .join(', ');
    return `${name}:\n  totals=${bins(cumulative)}\n  intervals=${bins(interval)}\n  summary=${used ? summary(histogram) : 'No recorded values'}`;
  }
  const [recent, all] = [counts(interval, mode), counts(cumulative, mode)];
  return `${name}: ${defaultBuckets.map((bound, i) => `B${shortNumber(bound)}(${recent[i]},${all[i]})`).join(' ')}`;
}

function summary({ interval, cumulative }: RecordedHistogram): string {
  const recent = interval.quantiles(summaryQuantiles);
  const all = cumulative.quantiles(summaryQuantiles);
  return summaryQuantiles.map((q, i) => `P${percent(q)}(${shown(recent[i]!)},${shown(all[i]!)})`).join(' ');
}

function counts(bins: RecordedHistogram['interval'], mode: string): number[] {
  const list = bins.cumulative(defaultBuckets);
  return mode === 'disjoint' ? list.map((count, i) => count - (list[i - 1] ?? 0)) : list;
}

function histogramsJson(list: readonly RecordedHistogram[], mode: string): object {
  const values = ({ interval, cumulative }: RecordedHistogram) => {
    const recent = interval.quantiles(summaryQuantiles);
    const all = cumulative.quantiles(summaryQuantiles);
    return summaryQuantiles.map((_, i) => ({ cumulative: finite(all[i]!), interval: finite(recent[i]!) }));
  };
  const supported = summaryQuantiles.map((q) => Number(percent(q)));
  if (mode === 'summary' || mode === 'none') {
    return {
      supported_quantiles: supported,
      computed_quantiles: list.map((histogram) => ({ name: histogram.name, values: values(histogram) })),
    };
  }
  if (mode === 'detailed') {
    const bins = (of: RecordedHistogram['interval']) =>
      of.entries().map(({ lower, width, count }) => ({ lower_bound: lower, width, count }));
    const details = list.map((histogram) => ({
      name: histogram.name,
      totals: bins(histogram.cumulative),
      intervals: bins(histogram.interval),
      percentiles: values(histogram),
    }));
    return { supported_percentiles: supported, details };
  }
  return list.map((histogram) => {
    const [recent, all] = [counts(histogram.interval, mode), counts(histogram.cumulative, mode)];
    const buckets = defaultBuckets.map((bound, i) => ({
      upper_bound: bound,
      interval: recent[i],
      cumulative: all[i],
    }));
    return { name: histogram.name, buckets };
  });
}

const finite = (value: number) => (Number.isNaN(value) ? null : value);

const page = (body: string) =>
  `<!DOCTYPE html>\n<html lang="en"><head><title>Stats</title></head><body><pre>${body.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</pre></body></html>\n`;
