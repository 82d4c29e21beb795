import type { FieldError, KubeObject } from '../types.ts';

/** The Kubernetes' complaints about a name; empty when it is fine. */
export function isDns1123Label(_value: string): string[] {
  return [];
}
export function isDns1123Subdomain(_value: string): string[] {
  return [];
}
export function isDns1035Label(_value: string): string[] {
  return [];
}
export function isQualifiedName(_value: string): string[] {
  return [];
}

/** Names, labels, annotations, owner references, finalizers; with `old` also what cannot change. */
export function validateObjectMeta(
  _object: KubeObject,
  _namespaced: boolean,
  _old?: KubeObject,
): FieldError[] {
  return [];
}
