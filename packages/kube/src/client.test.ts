import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createKubeClient } from './client.ts';
import { isAlreadyExists, isConflict, isNotFound, KubeError } from './error.ts';
import { resources } from './resources.ts';
import { FakeServer } from './testing/fake-server.ts';

const server = new FakeServer();
let url = '';
before(async () => {
  url = await server.start();
});
after(() => server.stop());

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a' },
  data,
});

test('writes and reads, with errors that carry code and reason', async () => {
  const client = createKubeClient({ server: url });
  const created = await client.create(resources.configMaps, configMap('one', { k: 'ü'.repeat(10_000) }));
  await assert.rejects(client.create(resources.configMaps, configMap('one')), (error) =>
    isAlreadyExists(error),
  );
  const read = await client.get(resources.configMaps, 'one', 'a');
  assert.deepEqual(read, created);
  await client.update(resources.configMaps, { ...read, data: { k: '1' } });
  await assert.rejects(client.update(resources.configMaps, read), (error) => isConflict(error));
  const patched = await client.patch(resources.configMaps, 'one', 'a', 'merge', {
    data: { k: null, l: '2' },
  });
  assert.deepEqual(patched.data, { l: '2' });
  const list = await client.list(resources.configMaps);
  assert.deepEqual(
    list.items.map((item) => [item.kind, item.apiVersion, item.metadata.name]),
    [['ConfigMap', 'v1', 'one']],
  );
  await client.delete(resources.configMaps, 'one', 'a');
  await assert.rejects(client.get(resources.configMaps, 'one', 'a'), (error) => isNotFound(error));
  const raw = await client.request('GET', '/nowhere/at/all/there');
  assert.equal(raw.status, 404);
  client.close();
});

test('a server that is not there is an error that says where', async () => {
  const client = createKubeClient({ server: 'http://127.0.0.1:1' });
  await assert.rejects(client.get(resources.pods, 'x', 'y'), (error: unknown) => {
    assert(error instanceof KubeError);
    assert.equal(error.code, 0);
    assert.match(error.message, /http:\/\/127\.0\.0\.1:1/);
    return true;
  });
});

test('speaks over a Unix socket', async () => {
  const socketPath = path.join(os.tmpdir(), `kube-client-test-${process.pid}.sock`);
  const local = http.createServer((_request, response) => response.end('{"kind":"Pod"}')).listen(socketPath);
  const client = createKubeClient({ server: 'http://kubernetes', socketPath });
  assert.equal((await client.get(resources.pods, 'x', 'y')).kind, 'Pod');
  client.close();
  await new Promise((resolve) => local.close(resolve));
});

test('a connection that was closed while idle is replaced without the caller noticing', async () => {
  const local = http.createServer((request, response) => {
    response.end('{"kind":"Pod"}');
    response.on('finish', () => setImmediate(() => request.socket.destroy()));
  });
  await new Promise<void>((resolve) => local.listen(0, '127.0.0.1', resolve));
  const client = createKubeClient({ server: `http://127.0.0.1:${(local.address() as AddressInfo).port}` });
  for (let round = 0; round < 20; round++) await client.get(resources.pods, 'x', 'y');
  client.close();
  await new Promise((resolve) => local.close(resolve));
});
