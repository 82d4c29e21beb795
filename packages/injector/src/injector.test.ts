import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configFromMesh, defaultInjectionConfig, injectObject, injectPod, injectText } from './index.ts';

const config = {
  ...defaultInjectionConfig,
  nativeSidecar: false,
  proxyConfig: { discoveryAddress: 'istiod:15010' },
};

function podOf({
  labels = {},
  annotations = {},
  spec = {},
}: {
  labels?: object;
  annotations?: object;
  spec?: object;
} = {}): any {
  const container = { name: 'reviews', image: 'reviews', ports: [{ name: 'http', containerPort: 9080 }] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'reviews-v1-7d4-x',
      labels: { app: 'reviews', version: 'v1', 'pod-template-hash': '7d4', ...labels },
      annotations,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'reviews-v1-7d4', uid: 'u', controller: true },
      ],
    },
    spec: { containers: [container], ...spec },
  };
}

const inject = (pod: any, change: object = {}): any => {
  const { value, problems } = injectPod(pod, 'default', { ...config, ...change });
  assert.deepEqual(problems, []);
  return value;
};
const names = (containers: any[] = []) => containers.map(({ name }) => name);
const proxyOf = (pod: any) =>
  [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === 'istio-proxy');
const environment = (pod: any) =>
  Object.fromEntries(proxyOf(pod).env.map((entry: any) => [entry.name, entry.value]));

test('a pod gets a sidecar beside its container', () => {
  const pod = inject(podOf());
  assert.deepEqual(
    [names(pod.spec.containers), names(pod.spec.initContainers)],
    [['reviews', 'istio-proxy'], ['istio-init']],
  );
  assert.equal(pod.metadata.labels['service.istio.io/canonical-name'], 'reviews');
  assert.equal(pod.metadata.labels['service.istio.io/canonical-revision'], 'v1');
  const env = environment(pod);
  assert.equal(env.ISTIO_META_WORKLOAD_NAME, 'reviews-v1');
  assert.equal(env.ISTIO_META_OWNER, 'kubernetes://apis/apps/v1/namespaces/default/deployments/reviews-v1');
  assert.equal(env.ISTIO_META_POD_PORTS, '[\n    {"name":"http","containerPort":9080}\n]');
  assert.deepEqual(JSON.parse(env.PROXY_CONFIG), { discoveryAddress: 'istiod:15010' });
});

test('injecting an injected pod changes nothing', () => {
  const pod = inject(podOf());
  assert.equal(injectPod(pod, 'default', config).value, pod);
});

for (const [what, pod, namespace] of [
  ['a label', podOf({ labels: { 'sidecar.istio.io/inject': 'false' } }), 'default'],
  ['an annotation', podOf({ annotations: { 'sidecar.istio.io/inject': 'false' } }), 'default'],
  ["the host's network", podOf({ spec: { hostNetwork: true } }), 'default'],
  ["Kubernetes' own namespace", podOf(), 'kube-system'],
] as const) {
  test(`no sidecar because of ${what}`, () => assert.equal(injectPod(pod, namespace, config).value, pod));
}

test('native sidecar, and application held back', () => {
  const native = inject(podOf({ annotations: { 'sidecar.istio.io/nativeSidecar': 'true' } }));
  assert.deepEqual(
    [names(native.spec.containers), names(native.spec.initContainers)],
    [['reviews'], ['istio-init', 'istio-proxy']],
  );
  assert.equal(proxyOf(native).restartPolicy, 'Always');
  const held = inject(
    podOf({ annotations: { 'proxy.istio.io/config': 'holdApplicationUntilProxyStarts: true' } }),
  );
  assert.deepEqual(names(held.spec.containers), ['istio-proxy', 'reviews']);
  assert.deepEqual(proxyOf(held).lifecycle.postStart.exec.command, ['pilot-agent', 'wait']);
});

test('probes ask the agent', () => {
  const probe = { httpGet: { path: '/health', port: 'http' }, periodSeconds: 3, timeoutSeconds: 2 };
  const containers = [
    {
      name: 'reviews',
      ports: [{ name: 'http', containerPort: 9080 }],
      readinessProbe: probe,
      livenessProbe: { tcpSocket: { port: 9080 } },
      startupProbe: { exec: { command: ['true'] } },
    },
  ];
  const pod = inject(podOf({ spec: { containers } }));
  const [app] = pod.spec.containers;
  assert.deepEqual(app.readinessProbe, {
    httpGet: { path: '/app-health/reviews/readyz', port: 15020 },
    periodSeconds: 3,
    timeoutSeconds: 2,
  });
  assert.deepEqual(app.livenessProbe, { httpGet: { path: '/app-health/reviews/livez', port: 15020 } });
  assert.deepEqual(app.startupProbe, { exec: { command: ['true'] } });
  assert.deepEqual(JSON.parse(environment(pod).ISTIO_KUBE_APP_PROBERS), {
    '/app-health/reviews/livez': { tcpSocket: { port: 9080 } },
    '/app-health/reviews/readyz': { httpGet: { path: '/health', port: 9080 }, timeoutSeconds: 2 },
  });
  const kept = inject(
    podOf({ spec: { containers }, annotations: { 'sidecar.istio.io/rewriteAppHTTPProbers': 'false' } }),
  );
  assert.deepEqual(kept.spec.containers[0].readinessProbe, probe);
});

test('annotations reach the sidecar', () => {
  const pod = inject(
    podOf({
      annotations: {
        'sidecar.istio.io/proxyImage': 'my/proxy:1',
        'sidecar.istio.io/proxyCPU': '50m',
        'sidecar.istio.io/logLevel': 'debug',
        'traffic.sidecar.istio.io/excludeOutboundPorts': '3306',
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9080',
      },
    }),
  );
  const proxy = proxyOf(pod);
  assert.deepEqual([proxy.image, proxy.resources], ['my/proxy:1', { requests: { cpu: '50m' } }]);
  assert.ok(proxy.args.includes('--proxyLogLevel=debug'));
  const args: string[] = pod.spec.initContainers[0].args;
  assert.equal(args[args.indexOf('-o') + 1], '3306');
  assert.equal(pod.metadata.annotations['prometheus.io/port'], '15020');
  assert.deepEqual(JSON.parse(environment(pod).ISTIO_PROMETHEUS_ANNOTATIONS), {
    scrape: 'true',
    port: '9080',
  });
});

test('annotations that are wrong are told with their path', () => {
  const { value, problems } = injectPod(
    podOf({ annotations: { 'traffic.sidecar.istio.io/includeInboundPorts': 'bad' } }),
    'default',
    config,
  );
  assert.equal(value.spec.containers.length, 1);
  assert.equal(problems[0]!.path, 'metadata.annotations[traffic.sidecar.istio.io/includeInboundPorts]');
});

test("what the pod's author wrote for the sidecar stays", () => {
  const own = {
    name: 'istio-proxy',
    image: 'auto',
    env: [{ name: 'EXTRA', value: '1' }],
    resources: { requests: { cpu: '1' } },
  };
  const pod = inject(podOf({ spec: { containers: [{ name: 'reviews', image: 'reviews' }, own] } }));
  assert.deepEqual(names(pod.spec.containers), ['reviews', 'istio-proxy']);
  assert.equal(proxyOf(pod).image, config.image);
  assert.equal(environment(pod).EXTRA, '1');
  assert.deepEqual(proxyOf(pod).resources, { requests: { cpu: '1' } });
});

test('workloads of every kind, and what holds no pods', () => {
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: { template },
  };
  const cron = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'a' },
    spec: { jobTemplate: { spec: { template } } },
  };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: {} };
  const list: any = injectObject(
    { apiVersion: 'v1', kind: 'List', metadata: {}, items: [deployment, cron, service] },
    config,
  ).value;
  assert.equal(list.items[0].spec.template.spec.containers.length, 2);
  assert.equal(list.items[1].spec.jobTemplate.spec.template.spec.containers.length, 2);
  assert.equal(list.items[2], service);
  const text = injectText(
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {containers: [{name: c, image: d}]}\n',
    config,
  );
  assert.match(text.value, /kind: Service[\s\S]*---[\s\S]*istio-proxy/);
});

test('the mesh says where the control plane is', () => {
  const mesh = configFromMesh({
    trustDomain: 'td',
    defaultConfig: { discoveryAddress: 'x:1', interceptionMode: 'NONE' },
  });
  const pod = inject(podOf(), mesh);
  assert.deepEqual([environment(pod).TRUST_DOMAIN, names(pod.spec.initContainers)], ['td', ['istio-proxy']]);
});

test('a gateway is its proxy and nothing else', () => {
  const own = { name: 'istio-proxy', image: 'auto', imagePullPolicy: 'IfNotPresent' };
  const pod = inject(
    podOf({ annotations: { 'inject.istio.io/templates': 'gateway' }, spec: { containers: [own] } }),
  );
  assert.deepEqual([names(pod.spec.containers), pod.spec.initContainers], [['istio-proxy'], undefined]);
  assert.deepEqual(proxyOf(pod).args.slice(0, 2), ['proxy', 'router']);
  assert.deepEqual([proxyOf(pod).image, proxyOf(pod).imagePullPolicy], [config.image, 'IfNotPresent']);
  assert.equal(pod.metadata.labels['security.istio.io/tlsMode'], undefined);
});
