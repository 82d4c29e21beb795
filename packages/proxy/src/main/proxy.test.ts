import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { silentLog } from '@lateen/kit';
import { eventually } from '@lateen/kit/testing/eventually';
import { BootstrapError, type Proxy as RunningProxy, startProxy } from './index.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const network = 'type.googleapis.com/envoy.extensions.filters.network.';

const tcpListener = (name: string, config: object) => ({
  name,
  address: address(0),
  filter_chains: [
    {
      filters: [
        {
          name: 't',
          typed_config: { '@type': `${network}tcp_proxy.v3.TcpProxy`, stat_prefix: name, ...config },
        },
      ],
    },
  ],
});

const cluster = (name: string, port: number) => ({
  name,
  connect_timeout: '1s',
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
  },
});

async function start(listeners: object[], clusters: object[]): Promise<RunningProxy> {
  const bootstrap = { admin: { address: address(0) }, static_resources: { listeners, clusters } };
  const proxy = await startProxy(bootstrap, { log: silentLog, argv: ['--file-flush-interval-msec', '1'] });
  closers.push(() => proxy.stop());
  await proxy.live;
  return proxy;
}

/** A server that answers with everything it got once the client has finished. */
async function collector(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => socket.end(Buffer.concat([Buffer.from('got '), ...chunks])));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as { port: number }).port;
}

function exchange(port: number, data: Buffer | string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.end(data);
  });
}

const portOf = (proxy: RunningProxy, name: string) =>
  proxy.listeners().find((entry) => entry.name === name)!.addresses[0]!.port;
const admin = async (proxy: RunningProxy, url: string) =>
  (await fetch(`http://127.0.0.1:${proxy.adminAddress!.port}${url}`)).text();

test('TCP: data goes both ways after the client has finished, large data unchanged', async () => {
  const proxy = await start([tcpListener('l', { cluster: 'c' })], [cluster('c', await collector())]);
  const data = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => i % 251));
  const answer = await exchange(portOf(proxy, 'l'), data);
  assert.ok(answer.equals(Buffer.concat([Buffer.from('got '), data])));
  await eventually(async () =>
    assert.match(await admin(proxy, '/stats?filter=^cluster.c.upstream_cx_active'), /active: 0/),
  );
  assert.match(await admin(proxy, '/clusters'), /c::127\.0\.0\.1:\d+::cx_total::1/);
});

test('TCP: a refused connection closes the client and is logged with its reason', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lateen-proxy-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'access');
  const log = {
    name: 'l',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path: file,
      log_format: {
        text_format_source: {
          inline_string: '%RESPONSE_FLAGS% %UPSTREAM_CLUSTER% %UPSTREAM_TRANSPORT_FAILURE_REASON%\n',
        },
      },
    },
  };
  const proxy = await start([tcpListener('l', { cluster: 'c', access_log: [log] })], [cluster('c', 1)]);
  assert.equal((await exchange(portOf(proxy, 'l'), '')).length, 0);
  await eventually(() =>
    assert.equal(readFileSync(file, 'utf8'), 'UF,URX c delayed_connect_error:_Connection_refused\n'),
  );
});

test('the administration interface says what runs', async () => {
  const proxy = await start([tcpListener('l', { cluster: 'ghost' })], []);
  assert.equal(await admin(proxy, '/ready'), 'LIVE\n');
  assert.equal(await admin(proxy, '/listeners'), `l::127.0.0.1:${portOf(proxy, 'l')}\n`);
  const dump = JSON.parse(await admin(proxy, '/config_dump?resource=static_listeners'));
  assert.equal(dump.configs[0].listener.filter_chains[0].filters[0].typed_config.stat_prefix, 'l');
  assert.match(await admin(proxy, '/nothing'), /^invalid path\. admin commands are:/);
});

test('a bootstrap is refused with the paths of all that is wrong in it', async () => {
  const broken = {
    static_resources: {
      listeners: [tcpListener('l', { cluster: 'c', no_such_field: 1 })],
      clusters: [{ name: 'x', zzz: 1 }],
    },
  };
  await assert.rejects(startProxy(broken, { log: silentLog }), (error) => {
    assert.ok(error instanceof BootstrapError);
    assert.match(error.message, /static_resources\.clusters\[0\]\.zzz/);
    assert.match(error.message, /typed_config\.no_such_field/);
    return true;
  });
});
