import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { inClusterConfig, loadKubeconfig } from './kubeconfig.ts';

test('kubeconfig files and service account volumes', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-test-'));
  try {
    const file = path.join(directory, 'config');
    const contexts =
      'contexts: [{name: c, context: {cluster: k, user: u, namespace: ns}}, {name: bad, context: {cluster: none}}]';
    writeFileSync(path.join(directory, 'ca.crt'), 'CA');
    writeFileSync(path.join(directory, 'token'), 'T\n');
    writeFileSync(
      file,
      `current-context: c\n${contexts}\nclusters: [{name: k, cluster: {server: 'https://h:1', certificate-authority: ca.crt}}]\n` +
        `users: [{name: u, user: {client-key-data: ${Buffer.from('KEY').toString('base64')}, token: t}}]\n`,
    );
    const config = loadKubeconfig(file);
    assert.equal(config.server, 'https://h:1');
    assert.equal(String(config.ca), 'CA');
    assert.equal(String(config.key), 'KEY');
    assert.equal(config.namespace, 'ns');
    assert.throws(() => loadKubeconfig(file, 'bad'), /cluster "none", which has no server/);
    assert.throws(() => loadKubeconfig(file, 'nope'), /no context "nope"/);
    const inside = inClusterConfig({ KUBERNETES_SERVICE_HOST: '10.96.0.1' }, directory);
    assert.equal(inside?.server, 'https://10.96.0.1:443');
    assert.equal(inClusterConfig({}, directory), undefined);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
