import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@lateen/kube';
import { containerCommand } from './command.ts';
import { containerEnvironment } from './environment.ts';
import { expandVariables } from './expand.ts';
import { hasSidecar, hostsFile, resolvConf } from './names.ts';
import { serviceVariables } from './service-env.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'shop', uid: 'u', labels: { app: 'web', 'a/b': 'x' } },
  spec: { serviceAccountName: 'robot', containers: [{ name: 'c' }] },
};
const facts = {
  podIP: '10.244.0.2',
  hostIP: '10.244.0.1',
  nodeName: 'n',
  allocatable: { cpu: '4', memory: '1Gi' },
};
const objects: Record<string, KubeObject> = {
  settings: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { colour: 'red' } },
  keys: {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {},
    data: { key: Buffer.from('s3cret').toString('base64') },
  },
};
const references = {
  configMap: (_: string, name: string) => objects[name],
  secret: (_: string, name: string) => objects[name],
};

const environment = (container: any) =>
  containerEnvironment({ pod, container, facts, references, base: { BASE: 'b' } });

test('variables come from everywhere, and later ones see earlier ones', () => {
  const value = environment({
    envFrom: [
      { prefix: 'S_', configMapRef: { name: 'settings' } },
      { secretRef: { name: 'none', optional: true } },
    ],
    env: [
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
      { name: 'ALL', value: '$(S_colour) $(IP) $(BASE) $(UNKNOWN) $$(IP)' },
    ],
    resources: { requests: { memory: '64Mi' } },
  });
  assert.deepEqual(value, {
    BASE: 'b',
    S_colour: 'red',
    IP: '10.244.0.2',
    APP: 'web',
    KEY: 's3cret',
    CPU: '4',
    MEMORY: '64',
    ALL: 'red 10.244.0.2 b $(UNKNOWN) $(IP)',
  });
});

test('a reference that leads nowhere is named', () => {
  const from = (valueFrom: object) => () => environment({ env: [{ name: 'X', valueFrom }] });
  assert.throws(from({ configMapKeyRef: { name: 'nope', key: 'a' } }), /configmap "nope" not found/);
  assert.throws(
    from({ configMapKeyRef: { name: 'settings', key: 'a' } }),
    /couldn't find key a in ConfigMap shop\/settings/,
  );
  assert.deepEqual(from({ secretKeyRef: { name: 'nope', key: 'a', optional: true } })(), { BASE: 'b' });
});

test('a container command stands over the image', () => {
  const image = { entrypoint: ['curl'], cmd: ['--help'] };
  const command = (container: object) => containerCommand(container, image, { A: '1' });
  assert.deepEqual(command({}), ['curl', '--help']);
  assert.deepEqual(command({ args: ['x$(A)'] }), ['curl', 'x1']);
  assert.deepEqual(command({ command: ['sleep'], args: ['$(A)'] }), ['sleep', '1']);
  assert.deepEqual(command({ command: ['sleep'] }), ['sleep']);
  assert.equal(expandVariables('$$$(A)$(', { A: '1' }), '$1$(');
});

test('services are found by variables', () => {
  const service = (name: string, namespace: string, clusterIP: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ name: 'http', port: 80 }] },
  });
  const all = [
    service('kubernetes', 'default', '10.96.0.1'),
    service('my-web', 'shop', '10.96.0.5'),
    service('other', 'elsewhere', '10.96.0.6'),
    service('headless', 'shop', 'None'),
  ];
  const variables = serviceVariables(all, 'shop', true);
  assert.equal(variables.MY_WEB_SERVICE_HOST, '10.96.0.5');
  assert.equal(variables.MY_WEB_SERVICE_PORT_HTTP, '80');
  assert.equal(variables.MY_WEB_PORT_80_TCP, 'tcp://10.96.0.5:80');
  assert.equal(variables.KUBERNETES_SERVICE_HOST, '10.96.0.1');
  assert.ok(!Object.keys(variables).some((name) => /OTHER|HEADLESS/.test(name)));
  assert.ok(!('MY_WEB_SERVICE_HOST' in serviceVariables(all, 'shop', false)));
});

test('names inside a pod', () => {
  assert.match(hostsFile(pod, '10.244.0.2'), /^10\.244\.0\.2\tp$/m);
  assert.equal(
    resolvConf(pod, '10.96.0.10'),
    'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
  );
  const none = {
    ...pod,
    spec: {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'ndots', value: '2' }] },
    },
  };
  assert.equal(resolvConf(none, '10.96.0.10'), 'nameserver 1.1.1.1\noptions ndots:2\n');
  const withContainers = (...names: string[]) => ({
    ...pod,
    spec: { containers: names.map((name) => ({ name })) },
  });
  assert.equal(hasSidecar(withContainers('istio-proxy')), false);
  assert.equal(hasSidecar(withContainers('app', 'istio-proxy')), true);
  assert.equal(hasSidecar(withContainers('app')), false);
});
