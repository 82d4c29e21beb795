import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormatContext, HeaderView } from '../http/types.ts';
import { createTcpStreamInfo } from '../tcp/stream-info.ts';
import { TestClock } from '../upstream/testing.ts';
import { compileJsonFormat, compileTextFormat, type FormatEnvironment } from './format/index.ts';
import { compileTimeFormat } from './format/time.ts';
import { RecordedHistogram } from './histogram.ts';
import { exactNumber } from './prometheus.ts';
import { formatResponseFlags, responseFlag } from './response-flags.ts';
import { StatsStore } from './store.ts';
import { extractTags } from './tags.ts';

const environment: FormatEnvironment = {
  clusters: { get: () => undefined },
  hostname: 'h',
  variable: () => undefined,
  now: () => 0,
  monotonic: () => 0,
};

function headers(values: Record<string, string>): HeaderView {
  return { get: (name) => values[name], first: (name) => values[name], byteSize: 0 };
}

function context(request: Record<string, string>): FormatContext {
  const end = { address: '127.0.0.1', port: 80 };
  const connection = {
    id: 1,
    local: end,
    remote: end,
    directRemote: end,
    localRestored: false,
    serverName: '',
    transportProtocol: 'raw_buffer',
    applicationProtocols: [],
    filterChainName: '',
    startedAt: 0,
  } as const;
  const info = createTcpStreamInfo(connection, new TestClock());
  info.protocol = 'HTTP/1.1';
  info.responseCode = 200;
  return { info, request: headers(request), response: undefined, trailers: undefined };
}

const show = (format: string, request: Record<string, string> = {}, omitEmpty = false) =>
  compileTextFormat(format, 'p', environment, { omitEmpty }).value?.(context(request));

test('operators, alternatives, lengths and percent signs', () => {
  assert.equal(
    show('%REQ(X-A?X-B):2%|%REQ(x-none)%|%RESPONSE_CODE%|100%%', { 'x-b': 'long' }),
    'lo|-|200|100%',
  );
  assert.equal(show('%REQ(x-none)%|%RESPONSE_FLAGS%', {}, true), '|-');
});

test('what is no operator is refused with its path', () => {
  const [problem] = compileTextFormat('%NOPE%', 'a.b', environment).problems;
  assert.deepEqual([problem?.path, problem?.message], ['a.b', 'Not supported field in StreamInfo: NOPE']);
  assert.match(compileTextFormat('%REQ(a', 'p', environment).problems[0]!.message, /position 0/);
});

test('JSON keeps types, sorts keys and omits what is empty when told to', () => {
  const format = {
    z: '%RESPONSE_CODE%',
    a: 'code %RESPONSE_CODE%',
    n: '%REQ(none)%',
    o: { i: '%REQ(none)%' },
  };
  const line = (omitEmpty: boolean) =>
    compileJsonFormat(format, 'p', environment, { omitEmpty }).value?.(context({}));
  assert.equal(line(false), '{"a":"code 200","n":null,"o":{"i":null},"z":200}\n');
  assert.equal(line(true), '{"a":"code 200","z":200}\n');
});

test('time formats', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  assert.equal(
    compileTimeFormat('%Y/%m/%dT%H:%M:%E3SZ %s %6f')(at),
    '2026/01/02T03:04:05.678Z 1767323045 678000',
  );
});

test('exhausted retries are named first in HTTP and last in TCP', () => {
  const flags = responseFlag.UF | responseFlag.URX;
  assert.deepEqual(
    [formatResponseFlags(flags, true), formatResponseFlags(flags, false)],
    ['URX,UF', 'UF,URX'],
  );
});

test('quantiles and sums are those of two-digit bins', () => {
  const histogram = new RecordedHistogram('h');
  for (const value of [1, 1, 1, 1, 130, 0]) histogram.record(value);
  assert.equal(histogram.used, false);
  histogram.merge();
  assert.deepEqual(
    histogram.cumulative.quantiles([0, 0.5, 1]).map((value) => Math.round(value * 1000) / 1000),
    [0, 1.04, 135],
  );
  assert.deepEqual(histogram.cumulative.cumulative([1, 5, 100, 250]), [1, 5, 5, 6]);
});

test('the sum of a histogram is printed with all its digits', () => {
  const histogram = new RecordedHistogram('h');
  histogram.record(6);
  histogram.merge();
  assert.equal(exactNumber(histogram.cumulative.sum()), '6.0495867768595044111634706496261');
});

test('tags are cut out of names, the most specific first', () => {
  const tagged = (name: string) => {
    const { name: rest, tags } = extractTags(name, [], true);
    return [rest, ...tags.map((tag) => tag.join('='))];
  };
  assert.deepEqual(tagged('cluster.a.upstream_rq_2xx'), [
    'cluster.upstream_rq_xx',
    'envoy.response_code_class=2',
    'envoy.cluster_name=a',
  ]);
  assert.deepEqual(tagged('listener.127.0.0.1_80.http.in.downstream_rq_200'), [
    'listener.http.downstream_rq',
    'envoy.response_code=200',
    'envoy.http_conn_manager_prefix=in',
    'envoy.listener_address=127.0.0.1_80',
  ]);
  const custom = {
    tag: 'cluster_name',
    regex: /^cluster\.((.+?(\..+?\.svc\.cluster\.local)?)\.)/,
    fixed: undefined,
  };
  assert.deepEqual(extractTags('cluster.o|80||r.d.svc.cluster.local.upstream_cx_total', [custom], false), {
    name: 'cluster.upstream_cx_total',
    tags: [['cluster_name', 'o|80||r.d.svc.cluster.local']],
  });
});

test('counters that were reset stay used; rejected stats are not shown', () => {
  const store = new StatsStore((name) => name.startsWith('hidden'));
  store.counter('seen').inc();
  store.counter('hidden.one').inc();
  store.resetCounters();
  assert.deepEqual(store.counterViews(), [{ name: 'seen', value: 0, used: true }]);
});
