import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type Authority, createAuthority, issueCredential } from '@lateen/identity';
import type { ResourceId } from '@lateen/kube/types';
import { configMap, core, withServer } from '../testing/harness.ts';

type Reply = (request: any) => object;

const mutating: ResourceId = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingwebhookconfigurations',
};
const validating: ResourceId = { ...mutating, resource: 'validatingwebhookconfigurations' };

async function withWebhook(
  reply: Reply,
  body: (url: string, caBundle: string) => Promise<void>,
): Promise<void> {
  const authority = createAuthority('hooks', Date.now());
  const server = hookServer(authority, reply);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await body(`https://127.0.0.1:${port}/hook`, Buffer.from(authority.certificate).toString('base64'));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function hookServer(authority: Authority, reply: Reply): Server {
  const { certificate, privateKey } = issueCredential(authority, {
    subject: { commonName: 'hook' },
    usages: ['server'],
    ipAddresses: ['127.0.0.1'],
    now: Date.now(),
  });
  return createServer({ cert: certificate, key: privateKey }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const review = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const answer = { uid: review.request.uid, ...reply(review.request) };
    response.end(
      JSON.stringify({ kind: 'AdmissionReview', apiVersion: review.apiVersion, response: answer }),
    );
  });
}

function configuration(kind: string, url: string, caBundle: string, more: object = {}) {
  const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'hooks' },
    webhooks: [
      {
        name: 'one.example.com',
        clientConfig: { url, caBundle },
        rules,
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        ...more,
      },
    ],
  };
}

const patchOf = (operations: object[]) => Buffer.from(JSON.stringify(operations)).toString('base64');

test('a mutating webhook changes what its selectors let it see', () =>
  withServer({}, ({ client }) =>
    withWebhook(
      (request) => ({
        allowed: true,
        warnings: [`saw ${request.name} by ${request.userInfo.username}`],
        patchType: 'JSONPatch',
        patch: patchOf([{ op: 'add', path: '/data/seen', value: request.operation }]),
      }),
      async (url, caBundle) => {
        const selector = {
          objectSelector: { matchLabels: { hook: 'yes' } },
          matchConditions: [{ name: 'named', expression: "!object.metadata.name.startsWith('skip')" }],
        };
        await client.create(mutating, configuration('MutatingWebhookConfiguration', url, caBundle, selector));
        const plain = await client.create(core('configmaps'), configMap('plain', { a: '1' }));
        assert.deepEqual(plain.data, { a: '1' });
        const labelled = configMap('labelled', { a: '1' });
        labelled.metadata.labels = { hook: 'yes' };
        const changed = await client.create(core('configmaps'), labelled);
        assert.deepEqual(changed.data, { a: '1', seen: 'CREATE' });
        const skipped = configMap('skipped', { a: '1' });
        skipped.metadata.labels = { hook: 'yes' };
        assert.deepEqual((await client.create(core('configmaps'), skipped)).data, { a: '1' });
      },
    ),
  ));

test('a validating webhook refuses in its own words', () =>
  withServer({}, ({ client }) =>
    withWebhook(
      ({ object }) => ({ allowed: object.data.ok === 'yes', status: { code: 422, message: 'not ok' } }),
      async (url, caBundle) => {
        await client.create(validating, configuration('ValidatingWebhookConfiguration', url, caBundle));
        await client.create(core('configmaps'), configMap('good', { ok: 'yes' }));
        await assert.rejects(client.create(core('configmaps'), configMap('bad', { ok: 'no' })), {
          code: 422,
          message: 'admission webhook "one.example.com" denied the request: not ok',
        });
      },
    ),
  ));

test('an unreachable webhook fails or is ignored as its policy says', () =>
  withServer({}, async ({ client }) => {
    const url = 'https://127.0.0.1:9/x';
    await client.create(
      validating,
      configuration('ValidatingWebhookConfiguration', url, '', { timeoutSeconds: 2 }),
    );
    await assert.rejects(client.create(core('configmaps'), configMap('a')), {
      code: 500,
      message:
        'Internal error occurred: failed calling webhook "one.example.com": failed to call webhook: Post "https://127.0.0.1:9/x?timeout=2s": dial tcp 127.0.0.1:9: connect: connection refused',
    });
    const ignore = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }];
    await client.patch(validating, 'hooks', undefined, 'json', ignore);
    await client.create(core('configmaps'), configMap('a'));
  }));
