import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createKubeClient } from './client.ts';
import { createEventRecorder } from './events.ts';
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

test('a repeated event raises the count of the first, and a flood of different ones is cut off', async () => {
  const recorder = createEventRecorder(client, { component: 'kubelet', host: 'n1' });
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'a', uid: 'u' } };
  for (let round = 0; round < 3; round++) recorder.event(pod, 'Warning', 'BackOff', 'again');
  await recorder.flush();
  const { items } = await client.list(resources.events, { namespace: 'a' });
  assert.equal(items.length, 1);
  const [event] = items;
  assert.match(event!.metadata.name!, /^p\.[0-9a-f]+$/);
  assert.deepEqual(
    [event!.count, event!.type, event!.reason, event!.source, event!.involvedObject.uid],
    [3, 'Warning', 'BackOff', { component: 'kubelet', host: 'n1' }, 'u'],
  );
  for (let round = 0; round < 100; round++) recorder.event(pod, 'Normal', 'Noise', `number ${round}`);
  await recorder.flush();
  assert.equal((await client.list(resources.events, { namespace: 'a' })).items.length, 1 + 22);
});
