import type { CompiledCrd, FieldError, KubeObject } from '../types.ts';

/** Compiles the versions of a CustomResourceDefinition that `validateCrd` accepts. CEL rules are planned on first use. */
export function compileCrd(crd: KubeObject): CompiledCrd {
  return {
    group: crd.spec.group,
    kind: crd.spec.names.kind,
    plural: crd.spec.names.plural,
    namespaced: crd.spec.scope === 'Namespaced',
    versions: new Map(),
  };
}

/** Fills in names.singular, names.listKind, conversion, and the like; in place. */
export function defaultCrd(crd: KubeObject): KubeObject {
  return crd;
}

/** Structural-schema, naming, versions, CEL compile errors. */
export function validateCrd(_crd: KubeObject, _old?: KubeObject): FieldError[] {
  return [];
}
