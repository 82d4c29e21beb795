import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { core, pod, type TestServer, withAccount, withServer } from '../testing/harness.ts';

/** A node that answers logs, echoes upgraded connections and dials anywhere. */
async function withNode(body: (server: TestServer, seen: string[]) => Promise<void>): Promise<void> {
  const seen: string[] = [];
  const node = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end('one line\n');
  });
  node.on('upgrade', (request: IncomingMessage, socket, head) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'no token'}`);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    socket.write(head);
    socket.pipe(socket);
  });
  node.on('connect', (request: IncomingMessage, socket) => {
    const upstream = connect({ host: '127.0.0.1', port: Number(request.url!.split(':')[1]) }, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
  });
  const folder = mkdtempSync(join(tmpdir(), 'node-'));
  const nodeSocketPath = join(folder, 'node.sock');
  await new Promise<void>((resolve) => node.listen(nodeSocketPath, resolve));
  try {
    await withServer({ nodeSocketPath }, (server) => body(server, seen));
  } finally {
    node.closeAllConnections();
    node.close();
    rmSync(folder, { recursive: true });
  }
}

const logPath = '/api/v1/namespaces/default/pods/p/log?tailLines=2';

test('logs come from the node of a scheduled pod', () =>
  withNode(async ({ client }, seen) => {
    await withAccount(client);
    await client.create(core('pods'), pod('p'));
    assert.equal((await client.request('GET', logPath)).status, 204);
    await client.create(
      core('pods'),
      {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p', namespace: 'default' },
        target: { kind: 'Node', name: 'n' },
      },
      { subresource: 'binding' },
    );
    const log = await client.request('GET', logPath);
    assert.deepEqual([log.status, log.body.toString()], [200, 'one line\n']);
    assert.deepEqual(seen, ['GET /containerLogs/default/p/c?tailLines=2']);
    const wrong = await client.request('GET', `${logPath}&container=none`);
    assert.match(wrong.body.toString(), /container none is not valid for pod p/);
  }));

test('an upgraded connection is passed through byte for byte, without credentials', () =>
  withNode(async ({ api, client, directory }, seen) => {
    await withAccount(client);
    await client.create(core('pods'), pod('p', { nodeName: 'n' }));
    const read = (name: string) => readFileSync(join(directory, 'pki', name));
    const socket = connectTls({
      port: api.port,
      host: '127.0.0.1',
      ca: read('ca.crt'),
      cert: read('admin.crt'),
      key: read('admin.key'),
    });
    const path = '/api/v1/namespaces/default/pods/p/exec?command=ls&command=-l&stdout=true&tty=true';
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nping`);
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.endsWith('ping')) break;
    }
    socket.destroy();
    assert.match(text, /^HTTP\/1\.1 101 /);
    assert.deepEqual(seen, ['POST /exec/default/p/c?command=ls&command=-l&output=1&tty=1 no token']);
  }));
