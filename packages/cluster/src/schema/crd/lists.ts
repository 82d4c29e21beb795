import { isObject } from '../decode/go.ts';
import { duplicate } from '../errors.ts';
import { deepEqual } from '../patch/json.ts';
import type { FieldError } from '../types.ts';
import type { CustomNode } from './node.ts';

/** Lists of type set and map have no entry twice. */
export function validateLists(value: unknown, node: CustomNode | undefined, path = ''): FieldError[] {
  if (node === undefined) return [];
  if (Array.isArray(value)) {
    const own = duplicates(value, node, path);
    return [
      ...own,
      ...value.flatMap((item, index) => validateLists(item, node.items(), `${path}[${index}]`)),
    ];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const child = node.field(key);
    if (child !== undefined) return validateLists(item, child, path === '' ? key : `${path}.${key}`);
    return node.type === 'map' ? validateLists(item, node.items(), `${path}[${key}]`) : [];
  });
}

function duplicates(list: readonly unknown[], node: CustomNode, path: string): FieldError[] {
  if (node.listType !== 'set' && node.listType !== 'map') return [];
  const keys = node.listType === 'set' ? list : list.map((item) => keyOf(item, node));
  return keys.flatMap((key, index) => {
    const first = keys.findIndex((other) => deepEqual(key, other));
    return first === index ? [] : [duplicate(`${path}[${index}]`, key)];
  });
}

function keyOf(item: unknown, node: CustomNode): unknown {
  if (!isObject(item)) return item;
  const names = (node.listMapKeys ?? []).filter((name) => item[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, item[name]]));
}
