import type { KubeObject } from '@lateen/kube/types';
import { applyPatch, serverSideApply } from '../../schema/index.ts';
import {
  badRequest,
  fromFailure,
  invalid,
  notFound,
  unsupportedByRoute,
  unsupportedMediaType,
} from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import { mediaType } from './body.ts';
import { create, decodeObject } from './create.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { objectResponse } from './respond.ts';
import { type Scope, storedToWire } from './scope.ts';
import { changeObject, checkNames } from './update.ts';
import { timestamp } from './write.ts';

type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const patchTypes: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export async function patchObject(scope: Scope): Promise<ApiResponse> {
  const type = patchTypes[mediaType(scope.request)];
  if (!type || (type === 'strategic' && scope.resource.custom)) {
    const allowed = Object.keys(patchTypes).filter(
      (name) => !scope.resource.custom || !name.includes('strategic'),
    );
    throw scope.resource.custom ? unsupportedMediaType(allowed) : unsupportedByRoute();
  }
  const options = writeOptions('PatchOptions', scope.request.query, scope.request.headers['user-agent']);
  if (type === 'apply') return applyObject(scope, options);
  if (options.force) throw forbiddenForce();
  const stored = await changeObject(scope, options, (live) => patched(scope, type, live, options));
  return objectResponse(scope, 200, storedToWire(scope.served, stored));
}

function patched(
  scope: Scope,
  type: Exclude<PatchType, 'apply'>,
  live: KubeObject,
  options: WriteOptions,
): KubeObject {
  if (scope.served.retired && type === 'merge') return patchedRetired(scope, live, options);
  const outcome = applyPatch({
    kind: scope.kind,
    live,
    type,
    body: scope.request.body,
    fieldValidation: options.fieldValidation,
  });
  if (outcome.error) throw fromFailure(outcome.error);
  for (const warning of outcome.warnings) if (!scope.warnings.includes(warning)) scope.warnings.push(warning);
  const object = scope.kind.applyDefaults(outcome.object!);
  checkNames(scope, object);
  return object;
}

/** The patch is in the terms of a version that has no schema here: it is merged as plain JSON. */
function patchedRetired(scope: Scope, live: KubeObject, options: WriteOptions): KubeObject {
  const wire = storedToWire(scope.served, live);
  const merged = mergePatch(wire, parsePatch(scope.request.body)) as KubeObject;
  const object = decodeObject(scope, merged, options);
  checkNames(scope, object);
  return object;
}

function parsePatch(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const out: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = mergePatch(out[key], value);
  }
  return out;
}

async function applyObject(scope: Scope, options: WriteOptions): Promise<ApiResponse> {
  if (!scope.request.query.get('fieldManager')) {
    const message = 'Required value: is required for apply patch';
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      { reason: 'FieldValueRequired', field: 'fieldManager', message },
    ]);
  }
  const merge = (live: KubeObject | undefined): KubeObject => {
    const outcome = serverSideApply({
      kind: scope.kind,
      ...(live && { live }),
      body: scope.request.body,
      manager: options.fieldManager,
      force: options.force,
      ...(scope.path.subresource && { subresource: scope.path.subresource }),
      time: timestamp(scope),
      fieldValidation: options.fieldValidation,
    });
    if (outcome.error) throw fromFailure(outcome.error);
    for (const warning of outcome.warnings)
      if (!scope.warnings.includes(warning)) scope.warnings.push(warning);
    const object = scope.kind.applyDefaults(outcome.object!);
    object.metadata.name ??= scope.path.name;
    checkNames(scope, object);
    return object;
  };
  const { namespace, name, subresource } = scope.path;
  if (!scope.core.store.collection(scope.resource.storage).get(namespace, name)) {
    if (subresource !== '') throw notFound(scope.about, name);
    const created = await create(scope, merge(undefined), options);
    return objectResponse(scope, 201, storedToWire(scope.served, created));
  }
  const stored = await changeObject(scope, options, (live) => merge(live));
  return objectResponse(scope, 200, storedToWire(scope.served, stored));
}

function forbiddenForce(): Error {
  return invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    {
      reason: 'FieldValueForbidden',
      field: 'force',
      message: 'Forbidden: may not be specified for non-apply patch',
    },
  ]);
}
