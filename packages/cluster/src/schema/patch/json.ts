import { isObject } from '../decode/go.ts';
import { byteOrder } from '../gotext.ts';

/** A patch that cannot be applied to this object. */
export class JsonPatchError extends Error {}

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/**
 * Applies RFC 6902 operations in place. Like kube-apiserver, `replace` of a key that a map lacks adds it, and negative
 * array indices count from the end.
 */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  for (const operation of operations) applyOperation(document, operation);
  return document;
}

/** Puts the keys of every map that an operation went through in order, as Go has them once they are decoded. */
export function sortTouched(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const ways = operations.flatMap(({ path, from }) => [path, ...(from === undefined ? [] : [from])]);
  return sortAlong(document, ways.map(pointerParts));
}

function sortAlong(value: unknown, ways: readonly string[][]): unknown {
  const below = (key: string) =>
    ways.filter((way) => way.length > 1 && way[0] === key).map((way) => way.slice(1));
  const next = (key: string, item: unknown) => {
    const rest = below(key);
    return rest.length > 0 ? sortAlong(item, rest) : item;
  };
  if (Array.isArray(value)) return value.map((item, index) => next(String(index), item));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => byteOrder(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, next(key, item)]));
}

function applyOperation(document: unknown, operation: JsonPatchOperation): void {
  const { container, key } = locate(document, operation.path);
  switch (operation.op) {
    case 'add':
      add(container, key, structuredClone(operation.value ?? null));
      return;
    case 'remove':
      remove(container, key);
      return;
    case 'replace':
      replace(container, key, structuredClone(operation.value ?? null));
      return;
    case 'test':
      if (!deepEqual(read(container, key) ?? null, operation.value ?? null))
        throw new JsonPatchError('test failed');
      return;
    case 'move':
    case 'copy': {
      const source = locate(document, operation.from ?? '');
      const value = structuredClone(read(source.container, source.key));
      if (value === undefined) throw new JsonPatchError(`missing ${operation.from}`);
      if (operation.op === 'move') remove(source.container, source.key);
      const target = locate(document, operation.path);
      add(target.container, target.key, value);
      return;
    }
    default:
      throw new JsonPatchError(`Unexpected kind: ${operation.op}`);
  }
}

function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function locate(document: unknown, path: string): { container: unknown; key: string } {
  const parts = pointerParts(path);
  if (parts.length === 0) throw new JsonPatchError(`no such path: ${path}`);
  let container = document;
  for (const part of parts.slice(0, -1)) container = read(container, part);
  if (!isObject(container) && !Array.isArray(container))
    throw new JsonPatchError(`doc is missing path: ${path}`);
  return { container, key: parts.at(-1)! };
}

function arrayIndex(array: readonly unknown[], key: string, limit: number): number {
  if (!/^-?\d+$/.test(key)) throw new JsonPatchError(`Unable to parse index ${key}`);
  const index = Number(key);
  if (index >= limit || index < -array.length)
    throw new JsonPatchError(`Unable to access invalid index: ${key}`);
  return index < 0 ? index + array.length : index;
}

function read(container: unknown, key: string): unknown {
  if (Array.isArray(container)) return container[arrayIndex(container, key, container.length)];
  return isObject(container) && Object.hasOwn(container, key) ? container[key] : undefined;
}

function add(container: unknown, key: string, value: unknown): void {
  if (!Array.isArray(container)) (container as Record<string, unknown>)[key] = value;
  else
    container.splice(
      key === '-' ? container.length : arrayIndex(container, key, container.length + 1),
      0,
      value,
    );
}

function remove(container: unknown, key: string): void {
  if (Array.isArray(container)) {
    container.splice(arrayIndex(container, key, container.length), 1);
    return;
  }
  const map = container as Record<string, unknown>;
  if (!Object.hasOwn(map, key)) throw new JsonPatchError(`Unable to remove nonexistent key: ${key}`);
  delete map[key];
}

function replace(container: unknown, key: string, value: unknown): void {
  if (Array.isArray(container)) container[arrayIndex(container, key, container.length)] = value;
  else (container as Record<string, unknown>)[key] = value;
}

/** Equal as JSON values, whatever the order of keys. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a))
    return a.length === (b as unknown[]).length && a.every((item, i) => deepEqual(item, (b as unknown[])[i]));
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual((a as any)[key], (b as any)[key]));
}
