import type { KindSchema, KubeObject } from '../types.ts';

/**
 * What the registry does to a new object before defaults' validation: drops status, sets generation 1 where the kind
 * has one, sets a pod's phase and QoS class, and so on. In place. Does not set uid, creationTimestamp, resourceVersion.
 */
export function prepareForCreate(_kind: KindSchema, object: KubeObject): KubeObject {
  return object;
}

/**
 * What the registry does to an update: keeps status (or, for subresource `status`, everything else), raises generation
 * when the kind's rule says so, keeps creationTimestamp/uid/generation of the old object. In place.
 */
export function prepareForUpdate(
  _kind: KindSchema,
  object: KubeObject,
  _old: KubeObject,
  _subresource?: string,
): KubeObject {
  return object;
}
