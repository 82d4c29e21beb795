import { patchObject } from '../engine/patch.ts';
import { getObject } from '../engine/read.ts';
import type { Scope } from '../engine/scope.ts';
import { updateObject } from '../engine/update.ts';
import { ApiError, badRequest, methodNotAllowed } from '../errors.ts';
import { readLog } from '../passthrough/log.ts';
import { proxyRequest } from '../passthrough/proxy.ts';
import { nodePath } from '../passthrough/target.ts';
import type { ApiResponse } from '../request.ts';
import type { Subresource } from '../resource.ts';
import { createBinding } from './binding.ts';
import { createEviction } from './eviction.ts';
import { handleScale } from './scale.ts';
import { createToken } from './token.ts';

type Handler = (scope: Scope, verb: string) => ApiResponse | Promise<ApiResponse>;

/** Subresources that are views of the same object: what may change through them is the kind's business. */
function handleView(scope: Scope, verb: string): ApiResponse | Promise<ApiResponse> {
  if (verb === 'get') return getObject(scope);
  return verb === 'update' ? updateObject(scope) : patchObject(scope);
}

/** The connection itself is taken over elsewhere, before a handler is asked. */
function needsUpgrade(scope: Scope): never {
  nodePath(scope);
  throw badRequest('Upgrade request required');
}

const handlers: Readonly<Record<string, Handler>> = {
  status: handleView,
  finalize: handleView,
  approval: handleView,
  ephemeralcontainers: handleView,
  resize: handleView,
  scale: handleScale,
  binding: createBinding,
  eviction: createEviction,
  token: createToken,
  log: (scope) => readLog(scope, scope.core.node),
  proxy: (scope) => proxyRequest(scope, scope.core.node),
  exec: needsUpgrade,
  attach: needsUpgrade,
  portforward: needsUpgrade,
};

export async function handleSubresource(
  scope: Scope,
  subresource: Subresource,
  verb: string,
): Promise<ApiResponse> {
  if (!subresource.verbs.includes(verb)) throw methodNotAllowed();
  const handler = handlers[subresource.name];
  if (handler) return handler(scope, verb);
  throw new ApiError(501, 'NotImplemented', `subresource ${subresource.name} needs a connection of its own`);
}
