import type { Authorize } from '../engine/dispatch.ts';
import type { ApiRequest, ResourcePath } from '../request.ts';
import type { Store } from '../store/store.ts';
import { type AccessAttributes, grantedBy, refusalText } from './rbac.ts';

/** What a request wants, in the terms of RBAC. */
export function accessOf(
  request: ApiRequest,
  path: ResourcePath | undefined,
  verb: string,
): AccessAttributes {
  if (!path) return { verb, path: request.path };
  const { group, plural, subresource, name } = path;
  const namespace = plural === 'namespaces' && group === '' ? name : path.namespace;
  return { verb, group, resource: plural, subresource, namespace, name };
}

export function createAuthorize(store: () => Store): Authorize {
  return (request, path, verb) => {
    if (request.user.groups.includes('system:masters')) return undefined;
    const wanted = accessOf(request, path, verb);
    return grantedBy(store(), request.user, wanted) === undefined
      ? refusalText(request.user, wanted)
      : undefined;
  };
}
