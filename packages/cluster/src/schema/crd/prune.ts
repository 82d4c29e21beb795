import { isObject } from '../decode/go.ts';
import type { CustomNode } from './node.ts';

const typeMeta: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/** Removes what the schema does not have, in place; answers the paths. `resource` says that this is a whole object. */
export function prune(value: unknown, node: CustomNode, resource: boolean): string[] {
  const removed: string[] = [];
  walk(value, node, resource, '', removed);
  return removed;
}

function walk(
  value: unknown,
  node: CustomNode | undefined,
  resource: boolean,
  path: string,
  removed: string[],
): void {
  if (Array.isArray(value)) {
    const items = node?.items();
    for (const [index, item] of value.entries()) {
      walk(item, items, items?.embeddedResource ?? false, `${path}[${index}]`, removed);
    }
  } else if (isObject(value)) pruneMap(value, node, resource, path, removed);
}

function pruneMap(
  value: Record<string, unknown>,
  node: CustomNode | undefined,
  resource: boolean,
  path: string,
  removed: string[],
): void {
  const keeps = node === undefined || node.preserveUnknownFields;
  const values = node?.type === 'map' ? node.items() : undefined;
  const anything = node?.raw.additionalProperties === true;
  for (const key of Object.keys(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const child = node?.field(key) ?? values;
    if (resource && typeMeta.has(key)) continue;
    if (child !== undefined) walk(value[key], child, child.embeddedResource, at, removed);
    else if (!keeps && !anything) {
      delete value[key];
      removed.push(at);
    }
  }
}
