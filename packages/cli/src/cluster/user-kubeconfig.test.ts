import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { type ClusterFiles, clusterFiles } from './files.ts';
import { mergeUserKubeconfig, unmergeUserKubeconfig } from './user-kubeconfig.ts';

let folder: string;
let files: ClusterFiles;
let user: string;

const config = (name: string, extra: string[] = []) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [name, ...extra].map((entry) => ({ name: entry, cluster: {} })),
  contexts: [name, ...extra].map((entry) => ({ name: entry, context: {} })),
  users: [name, ...extra].map((entry) => ({ name: entry, user: {} })),
  'current-context': name,
});

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lk-'));
  files = clusterFiles('lateen', { LATEEN_HOME: path.join(folder, 'home') });
  user = path.join(folder, 'kube/config');
  mkdirSync(files.dir, { recursive: true });
  writeFileSync(files.kubeconfig, stringify(config('lateen')));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file that the merge made is removed again', async () => {
  await mergeUserKubeconfig(files, { KUBECONFIG: user });
  assert.equal(parse(readFileSync(user, 'utf8'))['current-context'], 'lateen');
  await unmergeUserKubeconfig(files);
  assert.equal(existsSync(user), false);
});

test('other clusters stay, and the former context comes back', async () => {
  mkdirSync(path.dirname(user));
  writeFileSync(user, stringify(config('work', ['home'])));
  await mergeUserKubeconfig(files, { KUBECONFIG: user });
  await mergeUserKubeconfig(files, { KUBECONFIG: user });
  const merged = parse(readFileSync(user, 'utf8'));
  assert.deepEqual([merged['current-context'], merged.clusters.length], ['lateen', 3]);
  await unmergeUserKubeconfig(files);
  assert.deepEqual(parse(readFileSync(user, 'utf8')), config('work', ['home']));
});

test('a named cluster never touches it', async () => {
  const named = clusterFiles('second', { LATEEN_HOME: path.join(folder, 'home') });
  await mergeUserKubeconfig(named, { KUBECONFIG: user });
  assert.equal(existsSync(user), false);
});
