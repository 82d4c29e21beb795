import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@lateen/kit';
import { eventually } from '@lateen/kit/testing/eventually';
import { type KubeClient, type KubeObject, resources } from '@lateen/kube';
import { withServer } from '../apiserver/testing/harness.ts';
import { startControllers } from './index.ts';

async function withControllers(
  schedule: boolean,
  body: (client: KubeClient) => Promise<void>,
): Promise<void> {
  await withServer({}, async ({ client }) => {
    const controllers = startControllers({
      client,
      log: silentLog,
      schedule,
      rootCertificate: 'CERTIFICATE',
    });
    try {
      await controllers.ready;
      await eventually(() => client.get(resources.serviceAccounts, 'default', 'default'));
      await body(client);
    } finally {
      await controllers.stop();
    }
  });
}

function deployment(image: string, replicas = 2): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image }] } },
    },
  };
}

async function podsOf(client: KubeClient): Promise<KubeObject[]> {
  return (await client.list(resources.pods, { namespace: 'default', labelSelector: 'app=web' })).items;
}

async function makeReady(client: KubeClient): Promise<void> {
  for (const [index, { metadata }] of (await podsOf(client)).entries()) {
    const ip = `10.244.0.${index + 2}`;
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z' }];
    const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions };
    await client.patch(
      resources.pods,
      metadata.name!,
      'default',
      'merge',
      { status },
      { subresource: 'status' },
    );
  }
}

const statusOf = async (client: KubeClient) =>
  (await client.get(resources.deployments, 'web', 'default')).status;

test('a Deployment rolls to a new template one pod at a time, and its pods go with it', () =>
  withControllers(false, async (client) => {
    await client.create(resources.deployments, deployment('a:1'));
    await eventually(async () => assert.equal((await podsOf(client)).length, 2));
    await makeReady(client);
    await eventually(async () => assert.equal((await statusOf(client)).availableReplicas, 2));

    const patch = { spec: { template: { spec: { containers: [{ name: 'a', image: 'a:2' }] } } } };
    await client.patch(resources.deployments, 'web', 'default', 'strategic', patch);
    await eventually(async () => assert.equal((await podsOf(client)).length, 3));
    await eventually(async () => {
      await makeReady(client);
      const images = (await podsOf(client)).map(({ spec }) => spec.containers[0].image);
      assert.deepEqual(images, ['a:2', 'a:2']);
      const progressing = (await statusOf(client)).conditions.find(({ type }: any) => type === 'Progressing');
      assert.equal(progressing.reason, 'NewReplicaSetAvailable');
    });
    const sets = (await client.list(resources.replicaSets, { namespace: 'default' })).items;
    assert.equal(sets.length, 2);

    await client.delete(resources.deployments, 'web', 'default', { propagationPolicy: 'Foreground' });
    await eventually(async () => {
      assert.equal((await podsOf(client)).length, 0);
      assert.equal((await client.list(resources.deployments, { namespace: 'default' })).items.length, 0);
    });
  }));

test('Services get endpoints, and lose them with their pods', () =>
  withControllers(false, async (client) => {
    const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
    const metadata = { name: 'web', namespace: 'default' };
    await client.create(resources.services, { apiVersion: 'v1', kind: 'Service', metadata, spec });
    await client.create(resources.deployments, deployment('a:1', 1));
    await eventually(async () => assert.equal((await podsOf(client)).length, 1));
    await makeReady(client);
    const addresses = async () => {
      const options = { namespace: 'default', labelSelector: 'kubernetes.io/service-name=web' };
      const { items } = await client.list(resources.endpointSlices, options);
      return items.flatMap(({ endpoints }) => endpoints ?? []).flatMap((endpoint: any) => endpoint.addresses);
    };
    await eventually(async () => assert.deepEqual(await addresses(), ['10.244.0.2']));
    await client.patch(resources.deployments, 'web', 'default', 'merge', { spec: { replicas: 0 } });
    await eventually(async () => assert.deepEqual(await addresses(), []));
    await client.delete(resources.services, 'web', 'default');
    await eventually(async () => {
      const { items } = await client.list(resources.endpoints, { namespace: 'default' });
      assert(!items.some((item) => item.metadata.name === 'web'));
    });
  }));

test('a namespace is given its account and certificate, and emptied before it goes', () =>
  withControllers(false, async (client) => {
    const metadata = { name: 'team' };
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
    await eventually(() => client.get(resources.serviceAccounts, 'default', 'team'));
    await eventually(async () => {
      const bundle = await client.get(resources.configMaps, 'kube-root-ca.crt', 'team');
      assert.equal(bundle.data['ca.crt'], 'CERTIFICATE');
    });
    const held = { name: 'held', namespace: 'team', finalizers: ['example.com/wait'] };
    await client.create(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: held });
    await client.delete(resources.namespaces, 'team');
    await eventually(async () => {
      const { status } = await client.get(resources.namespaces, 'team');
      const remaining = status.conditions?.find(({ type }: any) => type === 'NamespaceFinalizersRemaining');
      assert.equal(remaining?.status, 'True');
    });
    await client.patch(resources.configMaps, 'held', 'team', 'merge', { metadata: { finalizers: null } });
    await eventually(() => assert.rejects(client.get(resources.namespaces, 'team'), { code: 404 }));
  }));

test('pods are bound to a node that fits, and told why when none does', () =>
  withControllers(true, async (client) => {
    const container = { name: 'a', image: 'a' };
    const podNamed = (name: string, spec: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: { containers: [container], ...spec },
    });
    await client.create(resources.pods, podNamed('one', {}));
    await client.create(resources.pods, podNamed('two', { nodeSelector: { disk: 'ssd' } }));
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };
    await client.create(resources.nodes, node);
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    await client.patch(resources.nodes, 'n1', undefined, 'merge', { status }, { subresource: 'status' });
    await client.patch(resources.nodes, 'n1', undefined, 'merge', { spec: { taints: null } });
    await eventually(async () => {
      assert.equal((await client.get(resources.pods, 'one', 'default')).spec.nodeName, 'n1');
      const { conditions } = (await client.get(resources.pods, 'two', 'default')).status;
      const scheduled = conditions.find(({ type }: any) => type === 'PodScheduled');
      assert.match(
        scheduled.message,
        /^0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity/,
      );
    });
  }));

test('a Job ends when its pod has, and a set of numbered pods starts in order', () =>
  withControllers(false, async (client) => {
    const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } } };
    const metadata = { name: 'once', namespace: 'default' };
    await client.create(resources.jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata, spec });
    const list = async (labelSelector: string) =>
      (await client.list(resources.pods, { namespace: 'default', labelSelector })).items;
    const [pod] = await eventually(async () => {
      const found = await list('job-name=once');
      assert.equal(found.length, 1);
      return found;
    });
    const done = { status: { phase: 'Succeeded' } };
    await client.patch(resources.pods, pod!.metadata.name!, 'default', 'merge', done, {
      subresource: 'status',
    });
    await eventually(async () => {
      const { status } = await client.get(resources.jobs, 'once', 'default');
      assert.deepEqual(
        status.conditions.map(({ type }: any) => type),
        ['SuccessCriteriaMet', 'Complete'],
      );
      assert.equal(status.succeeded, 1);
    });

    const set = deployment('a:1');
    set.kind = 'StatefulSet';
    await client.create(resources.statefulSets, { ...set, spec: { ...set.spec, serviceName: 'web' } });
    const names = async () => (await podsOf(client)).map((item) => item.metadata.name);
    await eventually(async () => assert.deepEqual(await names(), ['web-0']));
    await makeReady(client);
    await eventually(async () => assert.deepEqual(await names(), ['web-0', 'web-1']));
  }));
