import type { KubeObject } from '@lateen/kube/types';
import { parseJson } from '../../schema/decode/json.ts';
import { isDefinition } from '../crd/names.ts';
import { ApiError, conflict, invalid, type Status } from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import type { Entry } from '../store/entry.ts';
import { StoreConflict } from '../store/store.ts';
import { readObject } from './body.ts';
import { canonical } from './canonical.ts';
import { parseInteger } from './options.ts';
import { findEntry, predicateOf } from './read.ts';
import { jsonResponse, objectResponse, warningHeaders } from './respond.ts';
import { apiVersion, type Scope, storedToWire, storedToWork } from './scope.ts';
import { attributesOf, timestamp } from './write.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  dryRun?: string[];
  preconditions?: { uid?: string; resourceVersion?: string };
}

interface Outcome {
  /** What is left, or was removed. */
  readonly object: KubeObject;
  readonly removed: boolean;
}

/** What is removed at once is told as a Status, but for these. */
const answersWithObject: ReadonlySet<string> = new Set(['services', 'pods']);

export async function deleteObject(scope: Scope): Promise<ApiResponse> {
  const options = await readOptions(scope);
  const entry = findEntry(scope);
  const outcome = await remove(scope, entry, options);
  if (!outcome.removed || answersWithObject.has(scope.resource.storage)) {
    return objectResponse(scope, 200, storedToWire(scope.served, outcome.object));
  }
  const { group, resource } = scope.about;
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: entry.name, ...(group && { group }), kind: resource, uid: entry.object.metadata.uid! },
  };
  const response = jsonResponse(scope.request, 200, status);
  return { ...response, headers: { ...response.headers, ...warningHeaders(scope.warnings) } };
}

export async function deleteCollection(scope: Scope): Promise<ApiResponse> {
  const options = await readOptions(scope);
  const predicate = predicateOf(scope);
  const collection = scope.core.store.collection(scope.resource.storage);
  const entries = [...collection.entries(scope.path.namespace || undefined)];
  const selected = predicate ? entries.filter((entry) => predicate(entry.object)) : entries;
  const items: KubeObject[] = [];
  for (const entry of selected) {
    if (!collection.get(entry.namespace, entry.name)) continue;
    await remove(scope, collection.get(entry.namespace, entry.name)!, options);
    items.push(storedToWire(scope.served, entry.object));
  }
  const metadata = { resourceVersion: String(scope.core.store.version) };
  const list = { kind: scope.resource.listKind, apiVersion: apiVersion(scope), metadata, items };
  return jsonResponse(scope.request, 200, list);
}

const policies = ['', 'Background', 'Foreground', 'Orphan'];

async function readOptions(scope: Scope): Promise<DeleteOptions> {
  const raw = await readObject(scope.request);
  let options: DeleteOptions = {};
  if (raw !== undefined) options = (typeof raw === 'string' ? parseOptions(raw) : raw) as DeleteOptions;
  const { query } = scope.request;
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null) options.gracePeriodSeconds = parseInteger(grace);
  const policy = query.get('propagationPolicy');
  if (policy !== null) options.propagationPolicy = policy;
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.length > 0) options.dryRun = dryRun;
  checkOptions(options);
  return options;
}

function parseOptions(text: string): object {
  try {
    return Object(parseJson(text).value);
  } catch (error) {
    throw new ApiError(500, '', `couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function checkOptions(options: DeleteOptions): void {
  const unsupported = (field: string, value: string, allowed: readonly string[]) => {
    const list = allowed.map((one) => JSON.stringify(one)).join(', ');
    const message = `Unsupported value: ${value}: supported values: ${list}`;
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { reason: 'FieldValueNotSupported', field, message },
    ]);
  };
  const { dryRun = [], propagationPolicy = '' } = options;
  if (!policies.includes(propagationPolicy)) {
    unsupported('propagationPolicy', JSON.stringify(propagationPolicy), [
      'Foreground',
      'Background',
      'Orphan',
      'nil',
    ]);
  }
  if (dryRun.some((value) => value !== 'All')) {
    unsupported('dryRun', `[${dryRun.map((one) => JSON.stringify(one)).join(',')}]`, ['All']);
  }
}

/** Deletes an object, or marks it for deletion when somebody still holds it. */
export async function remove(scope: Scope, first: Entry, options: DeleteOptions): Promise<Outcome> {
  const dryRun = (options.dryRun ?? []).length > 0;
  let entry = first;
  for (;;) {
    checkDeletePreconditions(scope, entry, options);
    const old = storedToWork(scope.served, entry.object);
    const attributes = attributesOf(scope, 'DELETE', undefined, old, {
      dryRun,
      fieldManager: '',
      fieldValidation: 'Ignore',
      force: false,
    });
    await scope.core.admission.mutate(attributes);
    await scope.core.admission.validate(attributes);
    try {
      return await removeOnce(scope, entry, options, dryRun);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      if (!error.current) return { object: entry.object, removed: true };
      entry = error.current;
    }
  }
}

async function removeOnce(
  scope: Scope,
  entry: Entry,
  options: DeleteOptions,
  dryRun: boolean,
): Promise<Outcome> {
  const { store } = scope.core;
  const finalizers = finalizersFor(entry.object, options);
  const grace = gracePeriod(entry.object, options);
  const held =
    finalizers.length > 0 || grace > 0 || heldNamespace(entry.object) || isDefinition(entry.object);
  if (!held) {
    if (dryRun) return { object: entry.object, removed: true };
    const { entry: gone, durable } = store.remove(scope.resource.storage, entry);
    await durable;
    return {
      object: scope.resource.storage === 'pods' ? endedPod(scope, gone.object) : gone.object,
      removed: true,
    };
  }
  const marked = markDeleted(scope, entry.object, finalizers, grace);
  if (dryRun || marked === entry.object) return { object: marked, removed: false };
  const { entry: written, durable } = store.put(scope.resource.storage, entry, entry, (resourceVersion) =>
    canonical(marked, resourceVersion),
  );
  await durable;
  return { object: written.object, removed: false };
}

function endedPod(scope: Scope, pod: KubeObject): KubeObject {
  const deletionTimestamp = pod.metadata.deletionTimestamp ?? timestamp(scope);
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } };
}

function checkDeletePreconditions(scope: Scope, entry: Entry, { preconditions }: DeleteOptions): void {
  const { metadata } = entry.object;
  const about = { group: scope.about.group, resource: scope.resource.kind };
  const fail = (what: string, wanted: string, found: string | undefined, why: string) => {
    const text = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). ${why}`;
    throw conflict(about, entry.name, text);
  };
  if (preconditions?.uid && preconditions.uid !== metadata.uid) {
    fail('UID', preconditions.uid, metadata.uid, 'The object might have been deleted and then recreated');
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== metadata.resourceVersion) {
    const why = 'The object might have been modified';
    fail('ResourceVersion', preconditions.resourceVersion, metadata.resourceVersion, why);
  }
}

function heldNamespace(object: KubeObject): boolean {
  return (
    object.apiVersion === 'v1' && object.kind === 'Namespace' && (object.spec?.finalizers ?? []).length > 0
  );
}

/** The finalizers that the object will have: those it has, and the one of the wished propagation. */
function finalizersFor(object: KubeObject, options: DeleteOptions): string[] {
  const own = object.metadata.finalizers ?? [];
  const policy = options.propagationPolicy ?? (options.orphanDependents ? 'Orphan' : '');
  const wish = { Orphan: 'orphan', Foreground: 'foregroundDeletion' }[policy];
  const others =
    policy === '' ? own : own.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  return wish ? [...others, wish] : [...others];
}

/** Seconds that a pod has to end; nothing else is deleted gracefully. */
function gracePeriod(object: KubeObject, options: DeleteOptions): number {
  if (object.kind !== 'Pod' || object.apiVersion !== 'v1') return 0;
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  if (!object.spec?.nodeName) return 0;
  const ended = ['Succeeded', 'Failed'].includes(object.status?.phase);
  const wished =
    options.gracePeriodSeconds ?? (ended ? 0 : (object.spec?.terminationGracePeriodSeconds ?? 30));
  if (!deletionTimestamp) return wished;
  // A second request can only make it shorter.
  return options.gracePeriodSeconds === undefined
    ? (deletionGracePeriodSeconds ?? 0)
    : Math.min(wished, deletionGracePeriodSeconds ?? 0);
}

function markDeleted(scope: Scope, object: KubeObject, finalizers: string[], grace: number): KubeObject {
  const before = object.metadata;
  const same = JSON.stringify(before.finalizers ?? []) === JSON.stringify(finalizers);
  if (before.deletionTimestamp && same && (before.deletionGracePeriodSeconds ?? 0) === grace) return object;
  const shortened =
    before.deletionTimestamp === undefined || (before.deletionGracePeriodSeconds ?? 0) !== grace;
  const at = new Date(scope.core.clock.now() + grace * 1000).toISOString().slice(0, 19);
  const { finalizers: _, ...rest } = before;
  const metadata = {
    ...rest,
    deletionTimestamp: shortened ? `${at}Z` : before.deletionTimestamp!,
    deletionGracePeriodSeconds: grace,
    ...(finalizers.length > 0 && { finalizers }),
    ...(before.generation !== undefined &&
      !before.deletionTimestamp && { generation: before.generation + 1 }),
  };
  if (isDefinition(object)) return markDefinition(scope, object, finalizers);
  if (!heldNamespace(object)) return { ...object, metadata };
  delete (metadata as { deletionGracePeriodSeconds?: number }).deletionGracePeriodSeconds;
  return { ...object, metadata, status: { ...object.status, phase: 'Terminating' } };
}

const cleanup = 'customresourcecleanup.apiextensions.k8s.io';

/** A definition goes after its objects: it gets a finalizer and says so. */
function markDefinition(scope: Scope, object: KubeObject, finalizers: readonly string[]): KubeObject {
  const now = timestamp(scope);
  const pending = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: now,
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const conditions: { type: string }[] = object.status?.conditions ?? [];
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: object.metadata.deletionTimestamp ?? now,
      finalizers: [...new Set([...finalizers, cleanup])],
    },
    status: {
      ...object.status,
      conditions: [...conditions.filter((one) => one.type !== 'Terminating'), pending],
    },
  };
}
