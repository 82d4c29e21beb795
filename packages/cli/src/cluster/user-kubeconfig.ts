import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type ClusterFiles, defaultClusterName } from './files.ts';
import { withLock } from './lock.ts';

interface Named {
  name: string;
  [field: string]: unknown;
}

interface Kubeconfig {
  apiVersion: string;
  kind: string;
  clusters?: Named[];
  contexts?: Named[];
  users?: Named[];
  'current-context'?: string;
  [field: string]: unknown;
}

/** What `down` must undo; kept in the cluster's folder. */
interface Merged {
  readonly file: string;
  readonly created: boolean;
  readonly formerContext: string;
}

const lists = ['clusters', 'contexts', 'users'] as const;

/** Merges the default cluster into the user's kubeconfig and makes it current, as kind does. Other clusters are left alone. */
export async function mergeUserKubeconfig(files: ClusterFiles, env: NodeJS.ProcessEnv): Promise<void> {
  if (files.name !== defaultClusterName) return;
  const file = userKubeconfigPath(env, files);
  if (!file) return;
  const ours = parse(readFileSync(files.kubeconfig, 'utf8')) as Kubeconfig;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  await withLock(`${file}.lock`, async () => {
    const created = !existsSync(file);
    const theirs = created ? emptyKubeconfig() : readKubeconfig(file);
    const former = readMerged(files);
    const current = theirs['current-context'] ?? '';
    for (const list of lists) theirs[list] = [...without(theirs[list], ours[list]), ...(ours[list] ?? [])];
    theirs['current-context'] = ours['current-context']!;
    write(file, theirs);
    const merged: Merged = former ?? {
      file,
      created,
      formerContext: current === ours['current-context'] ? '' : current,
    };
    writeFileSync(mergedFile(files), JSON.stringify(merged));
  });
}

/** Takes the default cluster out again, restores the former context, and removes the file if the merge had made it. */
export async function unmergeUserKubeconfig(files: ClusterFiles): Promise<void> {
  const merged = readMerged(files);
  if (!merged || !existsSync(merged.file)) return;
  await withLock(`${merged.file}.lock`, async () => {
    const theirs = readKubeconfig(merged.file);
    const name = defaultClusterName;
    for (const list of lists) theirs[list] = (theirs[list] ?? []).filter((entry) => entry.name !== name);
    if (theirs['current-context'] === name) theirs['current-context'] = merged.formerContext;
    const empty = lists.every((list) => theirs[list]!.length === 0);
    if (merged.created && empty) rmSync(merged.file);
    else write(merged.file, theirs);
  });
  removeIfEmpty(path.dirname(merged.file));
  rmSync(mergedFile(files), { force: true });
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // kubectl keeps its own files there.
  }
}

/** The first file of $KUBECONFIG, or ~/.kube/config; the cluster's own file does not count. */
function userKubeconfigPath(env: NodeJS.ProcessEnv, files: ClusterFiles): string | undefined {
  const first = (env.KUBECONFIG ?? '').split(':').find((part) => part !== '');
  if (first && path.resolve(first) === files.kubeconfig) return path.join(os.homedir(), '.kube/config');
  return first ?? path.join(os.homedir(), '.kube/config');
}

function without(list: Named[] | undefined, taken: Named[] | undefined): Named[] {
  const names = new Set((taken ?? []).map((entry) => entry.name));
  return (list ?? []).filter((entry) => !names.has(entry.name));
}

function emptyKubeconfig(): Kubeconfig {
  return { apiVersion: 'v1', kind: 'Config', preferences: {}, clusters: [], contexts: [], users: [] };
}

function readKubeconfig(file: string): Kubeconfig {
  const value = parse(readFileSync(file, 'utf8')) as Kubeconfig | null;
  return value ?? emptyKubeconfig();
}

function write(file: string, value: Kubeconfig): void {
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0o600;
  const fresh = `${file}.lateen-new`;
  writeFileSync(fresh, stringify(value, { lineWidth: 0 }), { mode });
  renameSync(fresh, file);
}

const mergedFile = (files: ClusterFiles) => path.join(files.dir, 'user-kubeconfig.json');

function readMerged(files: ClusterFiles): Merged | undefined {
  try {
    return JSON.parse(readFileSync(mergedFile(files), 'utf8')) as Merged;
  } catch {
    return undefined;
  }
}
