import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, test } from 'node:test';
import { silentLog, systemClock } from '@lateen/kit';
import { eventually } from '@lateen/kit/testing/eventually';
import { createKubeClient, type ResourceId, resources } from '@lateen/kube';
import { FakeServer } from '@lateen/kube/testing/fake-server';
import type { KubeObject } from '@lateen/kube/types';
import { AdsClient, adsMethods, openGrpcStream } from '@lateen/xds/ads/client';
import { typeUrls } from '@lateen/xds/type-urls';
import { startControlPlane } from './index.ts';

const gateways: ResourceId = { group: 'networking.istio.io', version: 'v1beta1', resource: 'gateways' };
const anyPort = { grpcPort: 0, httpPort: 0, monitoringPort: 0, webhookPort: 0, address: '127.0.0.1' };

function definition(plural: string, ...versions: string[]): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.networking.istio.io`, uid: plural },
    spec: { versions: versions.map((name) => ({ name, served: true })) },
  };
}

const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', uid: 'web' },
  spec: { clusterIP: '10.96.0.9', ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }] },
};

const gateway: KubeObject = {
  apiVersion: 'networking.istio.io/v1beta1',
  kind: 'Gateway',
  metadata: { name: 'gw', namespace: 'istio-system', uid: 'gw', generation: 1, labels: {} },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 8080, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  },
};

async function start() {
  const fake = new FakeServer();
  const client = createKubeClient({ server: await fake.start() });
  fake.put(resources.services, service);
  const plane = await startControlPlane({
    client,
    config: anyPort,
    hooks: { inject: (pod) => ({ pod: { ...pod, spec: { ...pod.spec, injected: true } }, problems: [] }) },
    log: silentLog,
  });
  after(async () => {
    await plane.stop();
    client.close();
    await fake.stop();
  });
  return { fake, plane };
}

function connect(port: number) {
  const seen = new Map<string, Set<string>>();
  const ads = new AdsClient({
    node: {
      id: 'router~10.244.0.3~gw-1.istio-system~istio-system.svc.cluster.local',
      metadata: { LABELS: { istio: 'ingressgateway' }, NAMESPACE: 'istio-system' },
    },
    delta: true,
    clock: systemClock,
    log: silentLog,
    random: () => 0,
    open: (handlers) => openGrpcStream({ host: '127.0.0.1', port }, adsMethods.delta, handlers),
  });
  const endpoints = ads.subscribe(typeUrls.endpoint, { names: [], onUpdate: () => undefined });
  for (const typeUrl of [typeUrls.cluster, typeUrls.listener]) {
    const names = new Set<string>();
    seen.set(typeUrl, names);
    ads.subscribe(typeUrl, {
      onUpdate: ({ resources: changed, removed }) => {
        for (const { name } of changed) names.add(name);
        for (const name of removed) names.delete(name);
        if (typeUrl === typeUrls.cluster)
          endpoints.setNames([...names].filter((name) => name.startsWith('outbound|')));
        return undefined;
      },
    });
  }
  ads.start();
  after(() => ads.close());
  return { clusters: seen.get(typeUrls.cluster)!, listeners: seen.get(typeUrls.listener)! };
}

test('a proxy follows services, and custom resources whose definition comes later', async () => {
  const { fake, plane } = await start();
  const { clusters, listeners } = connect(plane.ports.grpc);
  await eventually(() => assert.ok(clusters.has('outbound|80||web.default.svc.cluster.local')));

  fake.put(gateways, gateway);
  fake.put(resources.customResourceDefinitions, definition('gateways', 'v1alpha3', 'v1beta1'));
  await eventually(() => assert.ok(listeners.has('0.0.0.0_8080')));

  fake.remove(resources.services, 'web', 'default');
  await eventually(() => assert.ok(!clusters.has('outbound|80||web.default.svc.cluster.local')));

  fake.remove(resources.customResourceDefinitions, 'gateways.networking.istio.io');
  await eventually(() => assert.equal(listeners.size, 0));
});

test('the pages that istioctl reads', async () => {
  const { plane } = await start();
  connect(plane.ports.grpc);
  const page = async (path: string) =>
    (await fetch(`http://127.0.0.1:${plane.ports.http}${path}`)).json() as Promise<any>;
  await eventually(async () => {
    const [proxy] = await page('/debug/syncz');
    assert.equal(proxy?.proxy, 'gw-1.istio-system');
    assert.ok(proxy.cluster_acked);
    assert.equal(proxy.cluster_acked, proxy.cluster_sent);
  });
  const dump = await page('/debug/config_dump?proxyID=gw-1.istio-system');
  assert.ok(dump.configs[0].dynamicActiveClusters.length > 0);
});

function review(port: number, path: string, object: KubeObject): Promise<any> {
  const body = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u', namespace: 'default', operation: 'CREATE', object },
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method: 'POST', rejectUnauthorized: false },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve(JSON.parse(text).response);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}

test('webhooks inject and validate', async () => {
  const { plane } = await start();
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [] } };
  const injected = await review(plane.ports.webhook!, '/inject', pod);
  assert.deepEqual(JSON.parse(Buffer.from(injected.patch, 'base64').toString()), [
    { op: 'add', path: '/spec/injected', value: true },
  ]);
  const virtualService = (timeout: string) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'v', namespace: 'default' },
    spec: { hosts: ['web'], http: [{ timeout, route: [{ destination: { host: 'web' } }] }] },
  });
  assert.equal((await review(plane.ports.webhook!, '/validate', virtualService('5s'))).allowed, true);
  const refused = await review(plane.ports.webhook!, '/validate', virtualService('soon'));
  assert.equal(refused.allowed, false);
  assert.match(refused.status.message, /spec\.http\[0\]\.timeout/);
});

test('the caBundle is put into the configurations that name the service', async () => {
  const { fake } = await start();
  const webhook = (name: string) => ({
    name,
    clientConfig: { service: { name: 'istiod', namespace: 'istio-system' } },
  });
  fake.put(resources.mutatingWebhookConfigurations, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'istio-sidecar-injector', uid: 'm' },
    webhooks: [webhook('a'), { name: 'b', clientConfig: { url: 'https://elsewhere' } }],
  });
  await eventually(() =>
    assert.ok(
      fake.requests.some((line) => line.startsWith('PATCH') && line.includes('istio-sidecar-injector')),
    ),
  );
});
