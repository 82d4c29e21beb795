import type { GroupVersionKind, KindSchema } from '../types.ts';

/** The schema of a built-in kind; undefined for what Kubernetes does not have. */
export function builtinKind(_gvk: GroupVersionKind): KindSchema | undefined {
  return {
    gvk: _gvk,
    custom: false,
    namespaced: true,
    root: { type: 'any', field: () => undefined, fieldNames: () => [], items: () => undefined, required: [] },
    applyDefaults: (object) => object,
    validate: () => [],
  };
}

/** Every built-in kind. */
export function builtinKinds(): readonly GroupVersionKind[] {
  return [];
}
