import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '@lateen/kit/testing/eventually';
import { createKubeClient } from './client.ts';
import { Informer } from './informer.ts';
import { resources } from './resources.ts';
import { FakeServer } from './testing/fake-server.ts';
import type { KubeClient } from './types.ts';

const server = new FakeServer();
let client: KubeClient;
before(async () => {
  client = createKubeClient({ server: await server.start() });
});
after(async () => {
  client.close();
  await server.stop();
});

const pod = (name: string, node = '') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a' },
  spec: { nodeName: node },
});

test('follows a resource through disconnection and expiry and reports only what changed', async () => {
  for (const name of ['p1', 'p2', 'p3']) server.put(resources.pods, pod(name));
  const seen: string[] = [];
  const informer = new Informer(client, resources.pods, { pageSize: 2 });
  informer.addIndex('node', (object) => (object.spec?.nodeName ? [object.spec.nodeName] : []));
  informer.on({
    add: (object) => seen.push(`+${object.metadata.name}`),
    update: (object, old) => seen.push(`~${old.metadata.name}:${object.spec.nodeName}`),
    delete: (object) => seen.push(`-${object.metadata.name}`),
  });
  informer.start();
  await informer.synced;
  assert.deepEqual(seen.splice(0), ['+p1', '+p2', '+p3']);
  assert.equal(informer.store.get('p1', 'a')?.kind, 'Pod');

  await eventually(() => assert.equal(server.watching, 1));
  server.put(resources.pods, pod('p1', 'n1'));
  server.remove(resources.pods, 'p2', 'a');
  await eventually(() => assert.deepEqual(seen, ['~p1:n1', '-p2']));
  assert.equal(informer.store.byIndex('node', 'n1').length, 1);

  seen.length = 0;
  server.bookmark();
  server.dropWatches();
  server.put(resources.pods, pod('p4'));
  await eventually(() => assert.deepEqual(seen, ['+p4']));

  seen.length = 0;
  server.remove(resources.pods, 'p3', 'a');
  server.expire();
  server.dropWatches();
  server.put(resources.pods, pod('p5'));
  await eventually(() => assert.deepEqual(seen.toSorted(), ['+p5', '-p3']));
  assert.deepEqual(informer.store.list('a').length, 3);

  const late: string[] = [];
  informer.on({ add: (object) => late.push(object.metadata.name!) });
  assert.equal(late.length, 3);
  await informer.stop();
  await eventually(() => assert.equal(server.watching, 0));
});
