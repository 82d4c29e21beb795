import type { FieldError, KubeObject } from '../types.ts';

export { compileCrd } from './compile.ts';
export { defaultCrd } from './definition.ts';

/** Structural-schema, naming, versions, CEL compile errors. */
export function validateCrd(_crd: KubeObject, _old?: KubeObject): FieldError[] {
  return [];
}
