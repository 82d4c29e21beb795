import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceId } from '@lateen/kube/types';
import { withServer } from '../testing/harness.ts';

const old = (group: string, resource: string, version = 'v1beta1'): ResourceId => ({
  group,
  version,
  resource,
});

test('a Deployment of extensions/v1beta1 is stored as apps/v1 with the selector it left out', () =>
  withServer({ profile: 'none' }, async ({ client }) => {
    const template = {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    };
    const created = await client.create(old('extensions', 'deployments'), {
      apiVersion: 'extensions/v1beta1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'default' },
      spec: { template },
    });
    assert.equal(created.apiVersion, 'extensions/v1beta1');
    const stored = await client.get(
      { group: 'apps', version: 'v1', resource: 'deployments' },
      'd',
      'default',
    );
    assert.deepEqual(stored.spec.selector, { matchLabels: { app: 'x' } });
  }));

test('a v1beta1 definition without a schema serves anything, and reads back as it was written', () =>
  withServer({ profile: 'none' }, async ({ client }) => {
    const columns = [{ name: 'Area', type: 'string', JSONPath: '.spec.area' }];
    const spec = {
      group: 'example.com',
      version: 'v1alpha3',
      scope: 'Namespaced',
      names: { plural: 'sails', kind: 'Sail', singular: 'sail', listKind: 'SailList' },
      additionalPrinterColumns: columns,
    };
    const definitions = old('apiextensions.k8s.io', 'customresourcedefinitions');
    await client.create(definitions, {
      apiVersion: 'apiextensions.k8s.io/v1beta1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'sails.example.com' },
      spec,
    });
    const read = await client.get(definitions, 'sails.example.com');
    assert.deepEqual([read.spec.version, read.spec.additionalPrinterColumns], ['v1alpha3', columns]);
    assert.equal(read.spec.validation, undefined);
    const sail = await client.create(
      { group: 'example.com', version: 'v1alpha3', resource: 'sails' },
      {
        apiVersion: 'example.com/v1alpha3',
        kind: 'Sail',
        metadata: { name: 'a', namespace: 'default' },
        spec: { any: [1] },
      },
    );
    assert.deepEqual(sail.spec, { any: [1] });
  }));

test('an Ingress of v1beta1 and one of v1 are the same', () =>
  withServer({ profile: 'none' }, async ({ client }) => {
    const backend = { serviceName: 's', servicePort: 80 };
    await client.create(old('networking.k8s.io', 'ingresses'), {
      apiVersion: 'networking.k8s.io/v1beta1',
      kind: 'Ingress',
      metadata: { name: 'i', namespace: 'default' },
      spec: { rules: [{ host: 'h.example.com', http: { paths: [{ path: '/', backend }] } }] },
    });
    const stored = await client.get(old('networking.k8s.io', 'ingresses', 'v1'), 'i', 'default');
    assert.deepEqual(stored.spec.rules[0].http.paths[0].backend, {
      service: { name: 's', port: { number: 80 } },
    });
    const read = await client.get(old('networking.k8s.io', 'ingresses'), 'i', 'default');
    assert.deepEqual(read.spec.rules[0].http.paths[0].backend, backend);
  }));

test('profile api serves only what Kubernetes serves today', () =>
  withServer({ profile: 'api' }, async ({ client }) => {
    assert.equal((await client.request('GET', '/apis/extensions/v1beta1/deployments')).status, 404);
    const groups = JSON.parse((await client.request('GET', '/apis')).body.toString()).groups;
    assert.ok(!groups.some((one: { name: string }) => one.name === 'extensions'));
  }));
