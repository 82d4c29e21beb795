import type { KubeObject } from '@lateen/kube';
import type { References } from '../pod/environment.ts';
import { fieldValue, type PodFacts, resourceValue } from '../pod/field-ref.ts';
import type { VolumeFile } from './atomic-writer.ts';

export interface VolumeInput {
  readonly pod: KubeObject;
  readonly facts: PodFacts;
  readonly references: References;
  /** Tokens that have been asked for, by `tokenKey`. */
  readonly tokens: ReadonlyMap<string, string>;
}

export const tokenKey = (source: { audience?: string }) => source.audience ?? '';

/** Sources whose files are made from API objects and replaced when those change. */
export function isFileVolume(volume: any): boolean {
  return Boolean(volume.configMap || volume.secret || volume.downwardAPI || volume.projected);
}

/** The service account tokens that a pod's volumes ask for. */
export function tokenSources(
  pod: KubeObject,
): { audience?: string; expirationSeconds?: number; path: string }[] {
  return (pod.spec.volumes ?? []).flatMap((volume: any) =>
    (volume.projected?.sources ?? []).flatMap((source: any) => source.serviceAccountToken ?? []),
  );
}

/** The files of a configMap, secret, downwardAPI or projected volume. Throws when what it needs is missing. */
export function volumeFiles(volume: any, input: VolumeInput): Map<string, VolumeFile> {
  const files = new Map<string, VolumeFile>();
  if (volume.projected) {
    const mode = volume.projected.defaultMode ?? 0o644;
    for (const source of volume.projected.sources ?? []) addSource(files, source, mode, input);
    return files;
  }
  const secret = volume.secret && { ...volume.secret, name: volume.secret.secretName };
  const mode = (volume.configMap ?? volume.secret ?? volume.downwardAPI).defaultMode ?? 0o644;
  addSource(files, { configMap: volume.configMap, secret, downwardAPI: volume.downwardAPI }, mode, input);
  return files;
}

function addSource(files: Map<string, VolumeFile>, source: any, mode: number, input: VolumeInput): void {
  if (source.configMap) addKeys(files, 'configmap', source.configMap, mode, input);
  if (source.secret) addKeys(files, 'secret', source.secret, mode, input);
  if (source.downwardAPI) addFields(files, source.downwardAPI, mode, input);
  if (source.serviceAccountToken) {
    const token = input.tokens.get(tokenKey(source.serviceAccountToken));
    if (token === undefined) throw new Error('the service account token has not been issued yet');
    files.set(source.serviceAccountToken.path, { content: Buffer.from(token), mode });
  }
}

function addKeys(
  files: Map<string, VolumeFile>,
  kind: 'configmap' | 'secret',
  source: any,
  mode: number,
  { pod, references }: VolumeInput,
): void {
  const namespace = pod.metadata.namespace!;
  const object =
    kind === 'configmap'
      ? references.configMap(namespace, source.name)
      : references.secret(namespace, source.name);
  if (!object) {
    if (source.optional) return;
    throw new Error(`${kind} "${source.name}" not found`);
  }
  const data = binaryData(object);
  const items = source.items ?? [...data.keys()].map((key) => ({ key, path: key }));
  for (const item of items) {
    const content = data.get(item.key);
    if (content) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (!source.optional) throw new Error(`references non-existent ${kind} key: ${item.key}`);
  }
}

function addFields(
  files: Map<string, VolumeFile>,
  source: any,
  mode: number,
  { pod, facts }: VolumeInput,
): void {
  for (const item of source.items ?? []) {
    const reference = item.resourceFieldRef;
    const container = reference && pod.spec.containers.find((c: any) => c.name === reference.containerName);
    const value = reference
      ? resourceValue(container ?? {}, facts, reference)
      : fieldValue(pod, facts, item.fieldRef.fieldPath);
    files.set(item.path, { content: Buffer.from(value ?? ''), mode: item.mode ?? mode });
  }
}

function binaryData(object: KubeObject): Map<string, Buffer> {
  const isSecret = object.kind === 'Secret';
  const data = new Map<string, Buffer>();
  for (const [key, text] of Object.entries((object.data ?? {}) as Record<string, string>)) {
    data.set(key, Buffer.from(text, isSecret ? 'base64' : 'utf8'));
  }
  for (const [key, text] of Object.entries((object.binaryData ?? {}) as Record<string, string>)) {
    data.set(key, Buffer.from(text, 'base64'));
  }
  return data;
}
