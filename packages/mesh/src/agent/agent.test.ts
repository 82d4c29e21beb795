import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { silentLog } from '@lateen/kit';
import { parse } from '@lateen/xds/codec';
import { bootstrapType } from '@lateen/xds/type-urls';
import { runAppProbe } from './app-probes.ts';
import { createBootstrap } from './bootstrap.ts';
import { busyStreams } from './busy.ts';
import { captureRules, readCaptureSettings } from './capture.ts';
import { parseDownward } from './downward.ts';
import { checkIptables } from './iptables.ts';
import { describeNode } from './node.ts';
import { readOptions } from './options.ts';
import { RuleKeeper } from './rules.ts';
import { cleanFileMappings } from './unmap.ts';

const env = {
  POD_NAME: 'reviews-v1-abc',
  POD_NAMESPACE: 'default',
  INSTANCE_IP: '10.244.0.5',
  ISTIO_META_WORKLOAD_NAME: 'reviews-v1',
  ISTIO_META_INTERCEPTION_MODE: 'REDIRECT',
  PROXY_CONFIG: '{"discoveryAddress":"istiod.istio-system.svc:15012"}\n',
};

test('node and bootstrap of a sidecar', () => {
  const options = readOptions(
    ['sidecar', '--domain', 'default.svc.cluster.local', '--proxyLogLevel=warning'],
    env,
  );
  const labels = { app: 'reviews', version: 'v1' };
  const node = describeNode(options, { env, labels, annotations: {}, capturedByRules: true });
  assert.equal(node.id, 'sidecar~10.244.0.5~reviews-v1-abc.default~default.svc.cluster.local');
  assert.equal(node.cluster, 'reviews.default');
  assert.deepEqual([node.metadata.LABELS, node.metadata.INTERCEPTION_MODE], [labels, 'NONE']);
  const bootstrap = createBootstrap(options, node);
  assert.deepEqual(parse(bootstrapType, bootstrap).problems, []);
  const endpoint =
    bootstrap.staticResources?.clusters?.[2]?.loadAssignment?.endpoints?.[0]?.lbEndpoints?.[0]?.endpoint;
  assert.deepEqual(endpoint?.address?.socketAddress, {
    address: 'istiod.istio-system.svc',
    portValue: 15010,
  });
});

test("arguments of 1.2.2's template are understood, others refused", () => {
  const old = [
    'sidecar',
    '--configPath',
    '/etc/istio/proxy',
    '--binaryPath',
    '/usr/local/bin/envoy',
    '--serviceCluster',
  ]
    .concat([
      'reviews.default',
      '--drainDuration',
      '45s',
      '--discoveryAddress',
      'istio-pilot.istio-system:15010',
    ])
    .concat([
      '--concurrency',
      '2',
      '--controlPlaneAuthPolicy',
      'NONE',
      '--statusPort',
      '15020',
      '--applicationPorts',
      '9080',
    ]);
  const options = readOptions(old, {});
  assert.deepEqual(
    [options.serviceCluster, options.discoveryAddress],
    ['reviews.default', 'istio-pilot.istio-system:15010'],
  );
  assert.throws(() => readOptions(['sidecar', '--no-such'], {}), /no-such/);
  assert.throws(() => readOptions(['ingress'], {}), /sidecar or router/);
});

const listening = (...names: string[]) =>
  names.map((name) => ({ address: name.split('_')[0]!, port: Number(name.split('_')[1]) }));
const own = [15020];
const outbound = (rest: string) => `pref 10 iif in0 ${rest} lookup local`;
const inbound = (port: number) => `pref 11 iif eth0 ipproto tcp dport ${port} lookup local`;

test('each listener is brought what is meant for it', () => {
  const settings = readCaptureSettings({}, env, own);
  const rules = captureRules(
    listening('0.0.0.0_9080', '10.244.0.5_9080', '10.96.0.7_3306', '127.0.0.1_15000', '0.0.0.0_15020'),
    settings,
  );
  assert.deepEqual(
    [...rules].sort(),
    [
      outbound('ipproto tcp dport 9080'),
      outbound('to 10.96.0.7 ipproto tcp dport 3306'),
      inbound(15020),
      inbound(9080),
    ].sort(),
  );
});

test('annotations take ports and networks out', () => {
  const annotations = {
    'traffic.sidecar.istio.io/excludeInboundPorts': '9080',
    'traffic.sidecar.istio.io/excludeOutboundPorts': '3306',
    'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.96.0.0/12',
    'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.100.0.0/16',
  };
  const rules = captureRules(
    listening('0.0.0.0_80', '0.0.0.0_3306', '10.244.0.5_9080'),
    readCaptureSettings(annotations, env, own),
  );
  assert.deepEqual(
    [...rules].sort(),
    [
      'pref 8 iif in0 to 10.100.0.0/16 lookup main',
      outbound('to 10.96.0.0/12 ipproto tcp dport 80'),
      inbound(15020),
    ].sort(),
  );
});

test('rules change by their difference', async () => {
  const batches: (readonly string[])[] = [];
  const keeper = new RuleKeeper(silentLog, async (lines) => void batches.push(lines));
  await keeper.apply(new Set(['a', 'b']));
  await keeper.apply(new Set(['b', 'a']));
  await keeper.apply(new Set(['b', 'c']));
  assert.deepEqual(batches, [
    ['rule add a', 'rule add b'],
    ['rule add c', 'rule del a'],
  ]);
});

test('downward files, with quotes and line ends in values', () => {
  assert.deepEqual(parseDownward('app="reviews"\nnote="a \\"b\\"\\nc=d"\n'), {
    app: 'reviews',
    note: 'a "b"\nc=d',
  });
});

test("istio-iptables' arguments are checked", () => {
  const arguments_ = [
    '-p',
    '15001',
    '-z',
    '15006',
    '-u',
    '1337',
    '-m',
    'REDIRECT',
    '-i',
    '*',
    '-x',
    '',
    '-b',
    '*',
    '-d',
    '15090,15021',
  ];
  assert.match(checkIptables(arguments_), /nothing to do/);
  assert.match(
    checkIptables(['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '9080', '-d', '15020']),
    /nothing/,
  );
  assert.throws(() => checkIptables(['-m', 'MAGIC']), /REDIRECT, TPROXY, NONE/);
  assert.throws(() => checkIptables(['-p', '99999']), /99999/);
});

test("the application's own probes are asked for it", async () => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/ok' && request.headers.x === 'y' ? 204 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const headers = [{ name: 'x', value: 'y' }];
  assert.equal(await runAppProbe({ httpGet: { path: '/ok', port, httpHeaders: headers } }, '127.0.0.1'), 200);
  assert.equal(await runAppProbe({ httpGet: { path: '/no', port } }, '127.0.0.1'), 500);
  assert.equal(await runAppProbe({ tcpSocket: { port } }, '127.0.0.1'), 200);
});

test('only files that nothing was written to are let go', () => {
  const entry = (range: string, permissions: string, file: string, anonymous: number) =>
    `${range} ${permissions} 00000000 08:01 123 ${file}\nRss: 8 kB\nAnonymous: ${anonymous} kB\n`;
  const smaps = [
    entry('1000-3000', 'r-xp', '/bin/node', 0),
    entry('3000-4000', 'r--p', '/bin/node', 4),
    entry('4000-5000', 'rw-p', '/bin/node', 0),
    entry('5000-6000', 'r-xp', '', 0),
  ].join('');
  assert.deepEqual(cleanFileMappings(smaps), [{ start: 0x1000, length: 0x2000 }]);
});

test('what is under way keeps a proxy from ending, idle connections do not', () => {
  const stats = (requests: number, tcp: number) =>
    [
      'http.admin.downstream_rq_active: 1',
      'http.inbound_0.0.0.0_9080;.downstream_cx_active: 4',
      `http.inbound_0.0.0.0_9080;.downstream_rq_active: ${requests}`,
      'listener.10.244.0.5_9080.downstream_cx_active: 4',
      'listener.10.244.0.5_9080.worker_0.downstream_cx_active: 4',
      `listener.10.244.0.5_3306.downstream_cx_active: ${tcp}`,
      'listener.0.0.0.0_15021.downstream_cx_active: 2',
      'listener.admin.downstream_cx_active: 1',
    ].join('\n');
  assert.deepEqual([busyStreams(stats(0, 0)), busyStreams(stats(2, 0)), busyStreams(stats(0, 3))], [0, 2, 3]);
});
