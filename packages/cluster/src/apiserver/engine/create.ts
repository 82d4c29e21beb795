import { randomBytes, randomUUID } from 'node:crypto';
import type { KubeObject } from '@lateen/kube/types';
import { decodeStrict, prepareForCreate } from '../../schema/index.ts';
import { initialStatus, isDefinition } from '../crd/names.ts';
import { ApiError, alreadyExists, badRequest, fromFailure } from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import { StoreConflict } from '../store/store.ts';
import { pruneEmpty } from '../wire/prune.ts';
import { mediaType, readObject } from './body.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { objectResponse } from './respond.ts';
import { type Scope, storedToWire, wireToWork } from './scope.ts';
import { attributesOf, storeObject, timestamp, track, validateOrThrow } from './write.ts';

const generatedAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

export async function createObject(scope: Scope): Promise<ApiResponse> {
  const options = writeOptions('CreateOptions', scope.request.query, scope.request.headers['user-agent']);
  const object = await decodeBody(scope, options);
  const stored = await create(scope, object, options);
  return objectResponse(scope, 201, storedToWire(scope.served, stored));
}

function emptyBody(kind: string): string {
  const why = "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)";
  return `the object provided is unrecognized (must be of type ${kind}): ${why}`;
}

/** The body as an object of the scope's kind, defaulted. */
export async function decodeBody(scope: Scope, options: WriteOptions): Promise<KubeObject> {
  const raw = await readObject(scope.request);
  if (raw === undefined) throw badRequest(emptyBody(scope.resource.kind));
  if (mediaType(scope.request) === 'application/vnd.kubernetes.protobuf') pruneEmpty(scope.kind.root, raw);
  return decodeObject(scope, raw, options);
}

export function decodeObject(scope: Scope, raw: string | object, options: WriteOptions): KubeObject {
  let body = raw;
  if (scope.served.retired) {
    const value = typeof raw === 'string' ? parseJson(raw) : (raw as KubeObject);
    body = wireToWork(scope.served, value);
  }
  const decoded = decodeStrict(scope.kind, body, options.fieldValidation);
  if (decoded.error) throw fromFailure(decoded.error);
  scope.warnings.push(...decoded.warnings);
  const object = decoded.object!;
  object.metadata ??= {};
  return scope.kind.applyDefaults(object);
}

function parseJson(text: string): KubeObject {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

/** Admits, completes, validates and stores a new object; returns it as stored. */
export async function create(scope: Scope, given: KubeObject, options: WriteOptions): Promise<KubeObject> {
  const { core, path, resource } = scope;
  completeMetadata(scope, given);
  const attributes = attributesOf(scope, 'CREATE', given, undefined, options);
  await core.admission.mutate(attributes);
  const tracked = track(scope, undefined, attributes.object!, options);
  attributes.object = prepareForCreate(scope.kind, tracked);
  if (isDefinition(attributes.object)) attributes.object.status = initialStatus(attributes.object);
  core.allocation.prepare(attributes);
  validateOrThrow(scope, attributes.object);
  const giveBack = core.allocation.allocate(attributes);
  try {
    await core.admission.validate(attributes);
    const current = core.store
      .collection(resource.storage)
      .get(path.namespace, attributes.object.metadata.name!);
    if (current) throw existing(scope, current.object);
    const stored = await storeObject(scope, attributes.object, undefined, options.dryRun);
    if (options.dryRun) giveBack();
    return stored;
  } catch (error) {
    giveBack();
    if (error instanceof StoreConflict) throw existing(scope, error.current!.object);
    throw error;
  }
}

function existing(scope: Scope, object: KubeObject): ApiError {
  const error = alreadyExists(scope.about, object.metadata.name!);
  if (!object.metadata.deletionTimestamp) return error;
  return new ApiError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details);
}

function completeMetadata(scope: Scope, object: KubeObject): void {
  const { metadata } = object;
  const { namespace } = scope.path;
  if (metadata.resourceVersion)
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  if (!scope.resource.namespaced) delete metadata.namespace;
  else if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  } else metadata.namespace = namespace;
  if (metadata.generateName && !metadata.name) metadata.name = generateName(metadata.generateName);
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(scope);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
}

function generateName(base: string): string {
  let name = base.slice(0, 58);
  for (const octet of randomBytes(5)) name += generatedAlphabet[octet % generatedAlphabet.length];
  return name;
}
