import type { FieldError, KubeObject } from '../types.ts';

/** Structural-schema, naming, versions, CEL compile errors. */
export function validateCrd(_crd: KubeObject, _old?: KubeObject): FieldError[] {
  return [];
}
