import type { ListOptions, ResourceId } from './types.ts';

/** The URL path of a collection, an object or a subresource. */
export function resourcePath(
  id: ResourceId,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  let path = id.group === '' ? `/api/${id.version}` : `/apis/${id.group}/${id.version}`;
  if (namespace) path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${id.resource}`;
  if (name !== undefined) path += `/${encodeURIComponent(name)}`;
  if (subresource) path += `/${subresource}`;
  return path;
}

/** A query string with its question mark; undefined and empty values are left out. */
export function queryString(values: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '' && value !== false) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}

/** The query of a list or watch. */
export function listQuery(
  options: ListOptions,
  more: Record<string, string | number | boolean> = {},
): string {
  const { labelSelector, fieldSelector, resourceVersion, limit } = options;
  return queryString({
    labelSelector,
    fieldSelector,
    resourceVersion,
    limit,
    continue: options.continue,
    ...more,
  });
}
