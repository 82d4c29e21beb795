import type { GroupVersionKind, KubeObject } from '../../types.ts';

/** Fills in what kube-apiserver fills in; in place. */
export function applyBuiltinDefaults(_gvk: GroupVersionKind, object: KubeObject): KubeObject {
  return object;
}
