import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@lateen/kit/testing/eventually';
import type { KubeObject, ResourceId } from '@lateen/kube/types';
import { withServer } from '../testing/harness.ts';

const crds: ResourceId = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
};
const sails = (version: string): ResourceId => ({ group: 'example.com', version, resource: 'sails' });

const schema = {
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { area: { type: 'integer' }, cloth: { type: 'string', default: 'linen' } },
      },
      status: { type: 'object', properties: { set: { type: 'boolean' } } },
    },
  },
};

function definition(plural: string, kind: string, shortNames: string[]): KubeObject {
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema,
    subresources: { status: {} },
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind, shortNames },
      versions: [version('v1', true), version('v1beta1', false)],
    },
  };
}

const sail = (name: string, spec: object, version = 'v1'): KubeObject => ({
  apiVersion: `example.com/${version}`,
  kind: 'Sail',
  metadata: { name, namespace: 'default' },
  spec,
});

test('a definition is served in all versions as soon as its write is answered', () =>
  withServer({}, async ({ client }) => {
    await client.create(crds, definition('sails', 'Sail', ['sl']));
    const created = await client.create(sails('v1beta1'), {
      ...sail('a', { area: 3 }, 'v1beta1'),
      status: { set: true },
    });
    assert.equal(created.apiVersion, 'example.com/v1beta1');
    assert.equal(created.status, undefined);
    const read = await client.get(sails('v1'), 'a', 'default');
    assert.deepEqual([read.apiVersion, read.spec], ['example.com/v1', { area: 3, cloth: 'linen' }]);
    const update = { ...read, spec: { area: 9 }, status: { set: true } };
    const status = await client.update(sails('v1'), update, { subresource: 'status' });
    assert.deepEqual([status.spec.area, status.status.set, status.metadata.generation], [3, true, 1]);
    await assert.rejects(
      client.create(sails('v1'), sail('b', { area: 'wide' })),
      (error: any) => error.code === 422,
    );
    const list = await client.request('GET', '/apis/example.com/v1', undefined, {});
    const names = JSON.parse(list.body.toString()).resources.map((one: any) => one.name);
    assert.deepEqual(names, ['sails', 'sails/status']);
    const stored = await client.get(crds, 'sails.example.com');
    assert.deepEqual(stored.status.storedVersions, ['v1']);
    assert.deepEqual(
      stored.status.conditions.map((one: any) => `${one.type} ${one.status}`),
      ['NamesAccepted True', 'Established True'],
    );
  }));

test('a short name that is taken keeps a definition from being served until it is free', () =>
  withServer({}, async ({ client }) => {
    await client.create(crds, definition('sails', 'Sail', ['sl']));
    await client.create(crds, definition('slopes', 'Slope', ['sl']));
    const refused = await client.get(crds, 'slopes.example.com');
    assert.equal(refused.status.conditions[0].message, '"sl" is already in use');
    assert.equal((await client.request('GET', '/apis/example.com/v1/slopes')).status, 404);
    await client.delete(crds, 'sails.example.com');
    await eventually(async () => {
      assert.equal((await client.request('GET', '/apis/example.com/v1/slopes')).status, 200);
    });
  }));

test('a deleted definition takes its objects along, after their finalizers', () =>
  withServer({}, async ({ client }) => {
    await client.create(crds, definition('sails', 'Sail', []));
    const held = sail('held', {});
    held.metadata.finalizers = ['example.com/hold'];
    await client.create(sails('v1'), held);
    await client.create(sails('v1'), sail('free', {}));
    await client.delete(crds, 'sails.example.com');
    await eventually(async () => {
      const left = await client.list(sails('v1'));
      assert.deepEqual(
        left.items.map((item) => item.metadata.name),
        ['held'],
      );
    });
    await assert.rejects(client.create(sails('v1'), sail('late', {})), (error: any) => error.code === 403);
    await client.patch(sails('v1'), 'held', 'default', 'merge', { metadata: { finalizers: null } });
    await eventually(async () => {
      await assert.rejects(client.get(crds, 'sails.example.com'), (error: any) => error.code === 404);
      assert.equal((await client.request('GET', '/apis/example.com/v1/sails')).status, 404);
    });
  }));
