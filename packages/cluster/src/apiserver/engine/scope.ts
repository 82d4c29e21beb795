import type { KubeObject } from '@lateen/kube/types';
import { convertBuiltin, type KindSchema } from '../../schema/index.ts';
import type { Core } from '../core.ts';
import type { GroupResource } from '../errors.ts';
import type { ApiRequest, ResourcePath } from '../request.ts';
import { apiVersionOf, type Resource, type ServedVersion } from '../resource.ts';
import type { Entry } from '../store/entry.ts';

/** One request for one resource. */
export interface Scope {
  readonly core: Core;
  readonly request: ApiRequest;
  readonly path: ResourcePath;
  readonly served: ServedVersion;
  readonly resource: Resource;
  /** The schema in whose terms the object is decoded, changed and validated. */
  readonly kind: KindSchema;
  readonly about: GroupResource;
  /** Texts for Warning headers, in order. */
  readonly warnings: string[];
}

export function createScope(
  core: Core,
  request: ApiRequest,
  path: ResourcePath,
  served: ServedVersion,
): Scope {
  const working = served.retired ? core.registry.storedVersion(served.resource)! : served;
  return {
    core,
    request,
    path,
    served,
    resource: served.resource,
    kind: core.kinds.of(working),
    about: { group: served.group, resource: served.resource.plural },
    warnings: served.warning ? [served.warning] : [],
  };
}

export function apiVersion(scope: { served: ServedVersion }): string {
  return apiVersionOf(scope.served.group, scope.served.version);
}

/** From what the body says to what the engine works on. */
export function wireToWork(served: ServedVersion, object: KubeObject): KubeObject {
  return served.retired && served.toStored ? served.toStored(object) : object;
}

/** From what the engine works on to what is stored. */
export function workToStored(served: ServedVersion, object: KubeObject): KubeObject {
  return served.retired ? object : convert(object, served.resource);
}

/** From what is stored to what the engine works on. The outcome shares parts with the stored object. */
export function storedToWork(served: ServedVersion, object: KubeObject): KubeObject {
  return served.retired ? object : convert(object, served);
}

/** From what is stored to what answers carry. */
export function storedToWire(served: ServedVersion, object: KubeObject): KubeObject {
  if (served.retired) {
    const converted = served.fromStored ? served.fromStored(object) : object;
    return { ...converted, apiVersion: apiVersionOf(served.group, served.version) };
  }
  return convert(object, served);
}

/** Anything the engine works on as answers carry it. */
export function workToWire(served: ServedVersion, object: KubeObject): KubeObject {
  return served.retired ? storedToWire(served, object) : object;
}

function convert(object: KubeObject, to: { group: string; version: string }): KubeObject {
  const target = apiVersionOf(to.group, to.version);
  if (object.apiVersion === target) return object;
  if (!to.group.includes('.') || to.group.endsWith('.k8s.io')) return convertBuiltin(object, target);
  return { ...object, apiVersion: target };
}

/** The encoding of a stored object in the version that is asked for. */
export function encodeEntry(served: ServedVersion, entry: Entry): string {
  if (served.group === served.resource.group && served.version === served.resource.version) return entry.json;
  const id = apiVersionOf(served.group, served.version);
  return entry.encoding(id, (object) => JSON.stringify(storedToWire(served, object)));
}
