import type { FieldError, KubeObject } from '../types.ts';

export { compileCrd } from './compile.ts';

/** Fills in names.singular, names.listKind, conversion, and the like; in place. */
export function defaultCrd(crd: KubeObject): KubeObject {
  const { names } = crd.spec;
  if (names?.kind) {
    names.singular ??= names.kind.toLowerCase();
    names.listKind ??= `${names.kind}List`;
  }
  crd.spec.conversion ??= { strategy: 'None' };
  const service = crd.spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
  return crd;
}

/** Structural-schema, naming, versions, CEL compile errors. */
export function validateCrd(_crd: KubeObject, _old?: KubeObject): FieldError[] {
  return [];
}
