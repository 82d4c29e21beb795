import type { KubeList, KubeObject, PatchType } from './types.ts';

/** The media type of each kind of patch. */
export const patchMediaTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Gives the items of a list the apiVersion and kind that items of built-in lists come without. */
export function completeItems<T extends KubeObject>(list: KubeList<T>): KubeList<T> {
  list.items ??= [];
  const kind = list.kind.replace(/List$/, '');
  for (const item of list.items) {
    item.apiVersion ??= list.apiVersion;
    item.kind ??= kind;
  }
  return list;
}
