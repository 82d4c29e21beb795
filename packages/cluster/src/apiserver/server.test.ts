import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { test } from 'node:test';
import type { KubeClient, KubeObject, WatchEvent } from '@lateen/kube/types';
import { configMap, core, pod, withAccount, withServer } from './testing/harness.ts';

async function rejects(promise: Promise<unknown>, code: number, text: RegExp): Promise<void> {
  await assert.rejects(promise, (error: any) => error.code === code && text.test(error.message));
}

async function fetchStatus(url: string, ca: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: any }>((resolve, reject) => {
    const call = request(url, { ca, headers, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
    });
    call.on('error', reject);
    call.end();
  });
}

/** The next events of a watch. */
function watcher(client: KubeClient, options: object) {
  const stop = new AbortController();
  const stream = client.watch(core('configmaps'), options, stop.signal)[Symbol.asyncIterator]();
  return {
    next: async (): Promise<WatchEvent> => (await stream.next()).value,
    stop: async () => {
      stop.abort();
      await stream.return?.();
    },
  };
}

test('objects are created, read, changed and deleted with Kubernetes’ answers', () =>
  withServer({}, async ({ client }) => {
    const maps = core('configmaps');
    const created = await client.create(maps, configMap('a', { x: '1' }));
    assert.match(created.metadata.uid!, /^[0-9a-f-]{36}$/);
    await rejects(client.create(maps, configMap('a')), 409, /^configmaps "a" already exists$/);
    await rejects(client.get(maps, 'b', 'default'), 404, /^configmaps "b" not found$/);
    const lost = { ...configMap('c'), metadata: { name: 'c', namespace: 'nowhere' } };
    await rejects(client.create(maps, lost), 404, /^namespaces "nowhere" not found$/);
    const patched = await client.patch(maps, 'a', 'default', 'merge', { data: { y: '2' } });
    assert.deepEqual(patched.data, { x: '1', y: '2' });
    await rejects(
      client.update(maps, created),
      409,
      /the object has been modified; please apply your changes/,
    );
    const same = await client.patch(maps, 'a', 'default', 'merge', { data: { y: '2' } });
    assert.equal(same.metadata.resourceVersion, patched.metadata.resourceVersion);
    await client.delete(maps, 'a', 'default');
    await rejects(client.get(maps, 'a', 'default'), 404, /not found/);
  }));

test('finalizers hold an object until the last is gone', () =>
  withServer({}, async ({ client }) => {
    const maps = core('configmaps');
    const held = configMap('a');
    held.metadata.finalizers = ['example.com/hold'];
    await client.create(maps, held);
    await client.delete(maps, 'a', 'default');
    const marked = await client.get(maps, 'a', 'default');
    assert.ok(marked.metadata.deletionTimestamp);
    await rejects(
      client.create(maps, configMap('a')),
      409,
      /^object is being deleted: configmaps "a" already exists$/,
    );
    await client.patch(maps, 'a', 'default', 'merge', { metadata: { finalizers: null } });
    await rejects(client.get(maps, 'a', 'default'), 404, /not found/);
  }));

test('watches see what begins and ceases to match, and are told when they are too late', () =>
  withServer({ watchHistory: 10 }, async ({ client }) => {
    const maps = core('configmaps');
    const first = await client.create(maps, configMap('a'));
    const from = {
      namespace: 'default',
      resourceVersion: first.metadata.resourceVersion!,
      labelSelector: 'app=x',
    };
    const watch = watcher(client, from);
    const label = (value: string | null) =>
      client.patch(maps, 'a', 'default', 'merge', { metadata: { labels: { app: value } } });
    await label('x');
    await client.patch(maps, 'a', 'default', 'merge', { data: { k: 'v' } });
    await label(null);
    const types = [await watch.next(), await watch.next(), await watch.next()].map((event) => event.type);
    assert.deepEqual(types, ['ADDED', 'MODIFIED', 'DELETED']);
    await watch.stop();
    for (let index = 0; index < 21; index++) {
      await client.patch(maps, 'a', 'default', 'merge', { data: { k: String(index) } });
    }
    const late = watcher(client, from);
    const event = await late.next();
    assert.equal(event.type, 'ERROR');
    assert.match((event.object as { message?: string }).message!, /^too old resource version: \d+ \(\d+\)$/);
    await late.stop();
  }));

test('lists come in pages, selected and as tables', () =>
  withServer({}, async ({ client }) => {
    const maps = core('configmaps');
    for (const name of ['a', 'b', 'c', 'd', 'e']) await client.create(maps, configMap(name, { [name]: '1' }));
    const first = await client.list(maps, { namespace: 'default', limit: 2 });
    assert.deepEqual(
      first.items.map((item) => item.metadata.name),
      ['a', 'b'],
    );
    assert.equal(first.metadata.remainingItemCount, 3);
    const rest = await client.list(maps, { namespace: 'default', continue: first.metadata.continue! });
    assert.deepEqual(
      rest.items.map((item) => item.metadata.name),
      ['c', 'd', 'e'],
    );
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const path = '/api/v1/configmaps?fieldSelector=metadata.name%3Db';
    const table = JSON.parse((await client.request('GET', path, undefined, { accept })).body.toString());
    assert.deepEqual(
      table.columnDefinitions.map((column: any) => column.name),
      ['Name', 'Data', 'Age'],
    );
    assert.deepEqual(
      table.rows.map((row: any) => row.cells.slice(0, 2)),
      [['b', 1]],
    );
  }));

test('services get addresses and ports that nobody else has', () =>
  withServer({}, async ({ client }) => {
    const services = core('services');
    const service = (name: string, spec: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { ports: [{ port: 80 }], ...spec },
    });
    const a = await client.create(
      services,
      service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 31380 }] }),
    );
    assert.match(a.spec.clusterIP, /^10\.(9[6-9]|1[01]\d)\./);
    await rejects(
      client.create(services, service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 31380 }] })),
      422,
      /spec.ports\[0\].nodePort: Invalid value: 31380: provided port is already allocated/,
    );
    await rejects(
      client.create(services, service('b', { clusterIP: a.spec.clusterIP })),
      422,
      /already allocated/,
    );
    await client.delete(services, 'a', 'default');
    const b = await client.create(
      services,
      service('b', { type: 'LoadBalancer', clusterIP: a.spec.clusterIP }),
    );
    assert.ok(b.spec.ports[0].nodePort >= 30000);
    const headless = await client.create(services, service('c', { clusterIP: 'None' }));
    assert.deepEqual(headless.spec.clusterIPs, ['None']);
  }));

test('pods get their account and its token; tokens authenticate until their pod is gone', () =>
  withServer({}, async ({ api, client }) => {
    await rejects(client.create(core('pods'), pod('early')), 403, /serviceaccount "default" not found/);
    await withAccount(client);
    const created = await client.create(core('pods'), pod('p'));
    assert.equal(created.spec.serviceAccountName, 'default');
    assert.equal(
      created.spec.containers[0].volumeMounts[0].mountPath,
      '/var/run/secrets/kubernetes.io/serviceaccount',
    );
    const bound = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: created.metadata.uid };
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const wish = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { boundObjectRef: bound },
    };
    const answer = await client.request('POST', path, wish);
    const { token } = JSON.parse(answer.body.toString()).status;
    const pods = `${api.url}/api/v1/namespaces/default/pods`;
    const refused = await fetchStatus(pods, api.caCertificate, { authorization: `Bearer ${token}` });
    assert.equal(refused.status, 403);
    assert.equal(
      refused.body.message,
      'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    await client.delete(core('pods'), 'p', 'default');
    const gone = await fetchStatus(pods, api.caCertificate, { authorization: `Bearer ${token}` });
    assert.equal(gone.status, 401);
    const nobody = await fetchStatus(pods, api.caCertificate);
    assert.match(nobody.body.message, /User "system:anonymous" cannot list resource "pods"/);
  }));

test('a restart keeps objects, port, authority and versions that only grow', () =>
  withServer({}, async ({ api, client, directory }) => {
    const before = await client.create(core('configmaps'), configMap('a', { x: '1' }));
    const config = readFileSync(api.kubeconfig, 'utf8');
    await api.close();
    const { startApiServer } = await import('./server.ts');
    const again = await startApiServer({ stateDir: directory, profile: 'api' });
    try {
      assert.equal(again.port, api.port);
      assert.equal(readFileSync(again.kubeconfig, 'utf8'), config);
      const after = await again.client().get(core('configmaps'), 'a', 'default');
      assert.deepEqual(after, before);
      const next = await again.client().create(core('configmaps'), configMap('b'));
      assert.ok(Number(next.metadata.resourceVersion) > Number(before.metadata.resourceVersion));
    } finally {
      await again.close();
    }
  }));

test('a namespace goes when its finalizer does', () =>
  withServer({}, async ({ client }) => {
    const namespaces = core('namespaces');
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
    await client.delete(namespaces, 'n');
    const going = await client.get(namespaces, 'n');
    assert.equal(going.status.phase, 'Terminating');
    const late = { ...configMap('a'), metadata: { name: 'a', namespace: 'n' } };
    await rejects(client.create(core('configmaps'), late), 403, /because it is being terminated$/);
    await client.update(namespaces, { ...going, spec: { finalizers: [] } }, { subresource: 'finalize' });
    await rejects(client.get(namespaces, 'n'), 404, /not found/);
    await rejects(client.delete(namespaces, 'default'), 403, /this namespace may not be deleted/);
  }));
