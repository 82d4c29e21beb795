import type { Core } from '../core.ts';
import { ApiError, forbidden, methodNotAllowed, notFound } from '../errors.ts';
import {
  type ApiRequest,
  type ApiResponse,
  parseResourcePath,
  type ResourcePath,
  verbOf,
} from '../request.ts';
import { handleSubresource } from '../subresource/dispatch.ts';
import { virtualHandler } from '../virtual/dispatch.ts';
import { createObject } from './create.ts';
import { deleteCollection, deleteObject } from './delete.ts';
import { modernWatch } from './legacy-watch.ts';
import { patchObject } from './patch.ts';
import { getObject, listObjects } from './read.ts';
import { statusResponse } from './respond.ts';
import { createScope, type Scope } from './scope.ts';
import { updateObject } from './update.ts';
import { watchObjects } from './watch.ts';

/** May this user do that? Answers why not. */
export type Authorize = (
  request: ApiRequest,
  path: ResourcePath | undefined,
  verb: string,
) => string | undefined;

/** Answers a request for a resource; undefined when the path names none that is served. */
export async function handleResource(
  core: Core,
  authorize: Authorize,
  given: ApiRequest,
): Promise<ApiResponse | undefined> {
  const request = modernWatch(given);
  const path = parseResourcePath(request.path);
  if (!path) return undefined;
  const verb = verbOf(request.method, path, request.query);
  const refusal = authorize(request, path, verb);
  if (refusal !== undefined) {
    const error = forbidden({ group: path.group, resource: path.plural }, path.name, refusal);
    return statusResponse(request, error.toStatus());
  }
  const served = core.registry.find(path.group, path.version, path.plural);
  if (!served || !fits(path, served.resource.namespaced)) {
    return isBuiltin(core, path) ? statusResponse(request, notFoundPath().toStatus()) : undefined;
  }
  const scope = createScope(core, request, path, served);
  try {
    return await answer(scope, verb);
  } catch (error) {
    if (error instanceof ApiError) return statusResponse(request, error.toStatus(), scope.warnings);
    throw error;
  }
}

/** Cluster-scoped resources are not found below a namespace, and single namespaced ones only there. */
function fits(path: ResourcePath, namespaced: boolean): boolean {
  return namespaced ? path.namespace !== '' || path.name === '' : path.namespace === '';
}

async function answer(scope: Scope, verb: string): Promise<ApiResponse> {
  const { path, served, request } = scope;
  if (path.subresource !== '') {
    const subresource = served.subresources.get(path.subresource);
    if (!subresource) throw scope.resource.custom ? notFound(scope.about, path.name) : notFoundPath();
    return handleSubresource(scope, subresource, verb);
  }
  if (!served.resource.verbs.includes(verb)) throw methodNotAllowed();
  if (
    path.name === '' &&
    served.resource.namespaced &&
    path.namespace === '' &&
    !['list', 'watch'].includes(verb)
  ) {
    throw methodNotAllowed();
  }
  if (request.method === 'POST' && path.name !== '') throw methodNotAllowed();
  if (['PUT', 'PATCH'].includes(request.method) && path.name === '') throw methodNotAllowed();
  const virtual = verb === 'create' ? virtualHandler(served.resource.storage) : undefined;
  return virtual ? virtual(scope) : handlers[verb]!(scope);
}

const handlers: Readonly<Record<string, (scope: Scope) => ApiResponse | Promise<ApiResponse>>> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create: createObject,
  update: updateObject,
  patch: patchObject,
  delete: deleteObject,
  deletecollection: deleteCollection,
};

/** The version is served, but not this path in it. */
function notFoundPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** Custom groups know only whole pages that are not there. */
function isBuiltin({ registry }: Core, { group, version }: ResourcePath): boolean {
  return registry.resources(group, version).some((served) => !served.resource.custom);
}
