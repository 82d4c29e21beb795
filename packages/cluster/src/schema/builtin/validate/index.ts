import type { FieldError, GroupVersionKind, KubeObject } from '../../types.ts';

/** All causes against an object of a built-in kind. */
export function validateBuiltin(
  _gvk: GroupVersionKind,
  _object: KubeObject,
  _old?: KubeObject,
  _subresource?: string,
): FieldError[] {
  return [];
}
