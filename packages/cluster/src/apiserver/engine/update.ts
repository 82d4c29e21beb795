import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@lateen/kube/types';
import { prepareForUpdate } from '../../schema/index.ts';
import { ApiError, badRequest, conflict, invalid, modified, notFound } from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import type { Entry } from '../store/entry.ts';
import { StoreConflict } from '../store/store.ts';
import { cloneJson } from './clone.ts';
import { create, decodeBody } from './create.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { findEntry } from './read.ts';
import { objectResponse } from './respond.ts';
import { type Scope, storedToWire, storedToWork, workToStored } from './scope.ts';
import { attributesOf, storeObject, track, validateOrThrow } from './write.ts';

const attempts = 5;

/** Kinds that a PUT may create. */
const createOnUpdate: ReadonlySet<string> = new Set([
  'leases.coordination.k8s.io',
  'limitranges',
  'endpoints',
  'events',
  'priorityclasses.scheduling.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
]);

export async function updateObject(scope: Scope): Promise<ApiResponse> {
  const options = writeOptions('UpdateOptions', scope.request.query, scope.request.headers['user-agent']);
  const given = await decodeBody(scope, options);
  checkNames(scope, given);
  const collection = scope.core.store.collection(scope.resource.storage);
  if (!collection.get(scope.path.namespace, scope.path.name) && mayCreate(scope, given)) {
    const created = await create(scope, given, options);
    return objectResponse(scope, 201, storedToWire(scope.served, created));
  }
  const finalize = scope.path.subresource === 'finalize';
  const stored = await changeObject(scope, options, (live) =>
    finalize ? { ...cloneJson(given), status: live.status } : cloneJson(given),
  );
  return objectResponse(scope, 200, storedToWire(scope.served, stored));
}

function mayCreate(scope: Scope, given: KubeObject): boolean {
  return (
    scope.path.subresource === '' &&
    createOnUpdate.has(scope.resource.storage) &&
    !given.metadata.resourceVersion
  );
}

/** The body's name and namespace must be those of the URL. */
export function checkNames(scope: Scope, object: KubeObject): void {
  const { name, namespace } = scope.path;
  const { metadata } = object;
  if (!metadata.name) throw badRequest('the name of the object must be specified');
  if (metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  if (scope.resource.namespaced) {
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    metadata.namespace = namespace;
  } else delete metadata.namespace;
}

/**
 * Reads, changes and writes an object, again when somebody else was faster, unless the change names a version.
 * `change` gets a private copy and returns what the object shall be.
 */
export async function changeObject(
  scope: Scope,
  options: WriteOptions,
  change: (live: KubeObject, entry: Entry) => KubeObject | Promise<KubeObject>,
): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    const entry = findEntry(scope);
    const live = cloneJson(storedToWork(scope.served, entry.object));
    const given = await change(live, entry);
    const pinned = given.metadata.resourceVersion;
    checkPreconditions(scope, given, entry);
    try {
      return await writeChange(scope, options, given, entry);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      if (!error.current) throw notFound(scope.about, scope.path.name);
      const stale = pinned && scope.request.method === 'PUT';
      if (stale || attempt === attempts) throw conflict(scope.about, scope.path.name, modified);
    }
  }
}

function checkPreconditions(scope: Scope, given: KubeObject, entry: Entry): void {
  const { metadata } = given;
  const { name } = scope.path;
  if (scope.request.method === 'PUT' && metadata.uid && metadata.uid !== entry.object.metadata.uid) {
    const key = `/registry/${scope.resource.storage.replace(/\..*/, '')}/${entry.key}`;
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${entry.object.metadata.uid}`;
    throw conflict(
      scope.about,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
    );
  }
  const wanted = metadata.resourceVersion;
  if (wanted && !/^\d+$/.test(wanted)) {
    throw new ApiError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(wanted)}: invalid syntax`);
  }
  if (wanted && wanted !== '0' && wanted !== String(entry.version))
    throw conflict(scope.about, name, modified);
  if (!wanted && scope.resource.custom && scope.request.method === 'PUT') {
    const cause = {
      reason: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      message: 'Invalid value: 0: must be specified for an update',
    };
    throw invalid({ group: scope.about.group, kind: scope.about.resource }, name, [cause]);
  }
}

async function writeChange(
  scope: Scope,
  options: WriteOptions,
  given: KubeObject,
  entry: Entry,
): Promise<KubeObject> {
  const { core, path } = scope;
  const old = storedToWork(scope.served, entry.object);
  const attributes = attributesOf(scope, 'UPDATE', given, old, options);
  await core.admission.mutate(attributes);
  const object = attributes.object!;
  keepMetadata(object, old);
  const tracked = track(scope, old, object, options);
  attributes.object = prepareForUpdate(scope.kind, tracked, old, path.subresource || undefined);
  core.allocation.prepare(attributes);
  validateOrThrow(scope, attributes.object, old);
  const giveBack = core.allocation.allocate(attributes);
  try {
    await core.admission.validate(attributes);
    const stored = await commit(scope, attributes.object, entry, options.dryRun);
    if (options.dryRun) giveBack();
    return stored;
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** What no client can change. */
function keepMetadata(object: KubeObject, old: KubeObject): void {
  const { metadata } = object;
  const before = old.metadata;
  metadata.resourceVersion = before.resourceVersion!;
  for (const field of ['uid', 'creationTimestamp', 'generation'] as const) {
    if (before[field] === undefined) delete metadata[field];
    else if (field !== 'uid' || !metadata.uid) (metadata as any)[field] = before[field];
  }
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if (metadata[field] === undefined && before[field] !== undefined)
      (metadata as any)[field] = before[field];
  }
}

/** Writes, unless nothing changed; an object that is being deleted goes with its last finalizer. */
async function commit(scope: Scope, object: KubeObject, entry: Entry, dryRun: boolean): Promise<KubeObject> {
  if (isDeepStrictEqual(workToStored(scope.served, object), entry.object)) return entry.object;
  if (finished(object)) {
    if (dryRun) return object;
    const { durable } = scope.core.store.remove(scope.resource.storage, entry);
    await durable;
    return workToStored(scope.served, object);
  }
  return storeObject(scope, object, entry, dryRun);
}

/** Deletion was asked for, and nobody holds the object any longer. */
function finished(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (!deletionTimestamp || finalizers?.length || deletionGracePeriodSeconds) return false;
  return object.kind !== 'Namespace' || !object.spec?.finalizers?.length;
}
