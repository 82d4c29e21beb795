import { isObject } from '../decode/go.ts';
import { byteOrder } from '../gotext.ts';
import { deepEqual } from '../patch/json.ts';
import type { SchemaNode } from '../types.ts';
import { FieldSet } from './set.ts';

/** How a place is merged: as a whole, entry by entry, or field by field. */
type Shape = 'leaf' | 'list' | 'map';

/** Undefined nodes are of no known type: maps are merged by key, lists are wholes. */
type Node = SchemaNode | undefined;

export function shapeOf(node: Node, value: unknown): Shape {
  if (Array.isArray(value)) return node?.listType === 'set' || node?.listType === 'map' ? 'list' : 'leaf';
  if (!isObject(value)) return 'leaf';
  if (node?.format === 'raw') return 'map';
  return node?.mapType === 'atomic' ? 'leaf' : 'map';
}

export function childNode(node: Node, key: string): Node {
  return node?.field(key) ?? (node?.type === 'map' ? node.items() : undefined);
}

/** Whether a key is declared, rather than one that the author chose. */
function declared(node: Node, key: string): boolean {
  return node?.field(key) !== undefined;
}

/** The path element of a list's entry: its keys, or its value. */
export function entryElement(node: Node, entry: unknown): string {
  if (node?.listType !== 'map' || !isObject(entry)) return `v:${JSON.stringify(entry)}`;
  const keys: Record<string, unknown> = {};
  for (const key of [...(node.listMapKeys ?? [])].toSorted(byteOrder)) {
    const value = entry[key] ?? node.items()?.field(key)?.defaultValue;
    if (value !== undefined) keys[key] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** The fields that a configuration names. */
export function toFieldSet(node: Node, value: unknown): FieldSet {
  const set = new FieldSet();
  collect(node, value, [], set);
  return set;
}

function collect(node: Node, value: unknown, path: string[], set: FieldSet): void {
  switch (shapeOf(node, value)) {
    case 'leaf':
      set.insert(path);
      return;
    case 'list':
      for (const entry of value as unknown[]) {
        const at = [...path, entryElement(node, entry)];
        if (isObject(entry)) collect(node!.items(), entry, at, set);
        set.insert(at);
      }
      return;
    default:
      for (const [key, item] of Object.entries(value as object)) {
        const at = [...path, `f:${key}`];
        collect(childNode(node, key), item, at, set);
        const bare = item === null || (isObject(item) && Object.keys(item).length === 0);
        if (bare || !declared(node, key)) set.insert(at);
      }
  }
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What differs between two objects. */
export function compare(node: Node, before: unknown, after: unknown): Comparison {
  const out = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };
  compareAt(node, before, after, [], out);
  return out;
}

function bare(value: unknown): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function compareAt(node: Node, before: unknown, after: unknown, path: string[], out: Comparison): void {
  const [left, right] = [shapeOf(node, before), shapeOf(node, after)];
  const shape = before === undefined ? right : after === undefined || left === right ? left : 'leaf';
  const leaf = shape === 'leaf' || (bare(before) && bare(after));
  if (leaf) {
    compareLeaf(before, after, path, out);
    return;
  }
  if (shape === 'map') compareMaps(node, before, after, path, out);
  else compareLists(node!, before, after, path, out);
  if (before === undefined) out.added.insert(path);
  else if (after === undefined) out.removed.insert(path);
}

function compareLeaf(before: unknown, after: unknown, path: string[], out: Comparison): void {
  if (before === undefined) out.added.insert(path);
  else if (after === undefined) out.removed.insert(path);
  else if (!deepEqual(before, after)) out.modified.insert(path);
}

function compareMaps(node: Node, before: any, after: any, path: string[], out: Comparison): void {
  for (const key of Object.keys({ ...before, ...after })) {
    compareAt(childNode(node, key), before?.[key], after?.[key], [...path, `f:${key}`], out);
  }
}

function compareLists(node: SchemaNode, before: any, after: any, path: string[], out: Comparison): void {
  const left = entriesByElement(node, before);
  const right = entriesByElement(node, after);
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(element), right.get(element)];
    const several = (a?.length ?? 0) > 1 || (b?.length ?? 0) > 1;
    if (several) compareLeaf(a, b, [...path, element], out);
    else compareAt(node.items(), a?.[0], b?.[0], [...path, element], out);
  }
}

function entriesByElement(node: SchemaNode, list: unknown): Map<string, unknown[]> {
  const out = new Map<string, unknown[]>();
  for (const entry of Array.isArray(list) ? list : []) {
    const element = entryElement(node, entry);
    out.set(element, [...(out.get(element) ?? []), entry]);
  }
  return out;
}

/** The live object with a configuration laid over it. */
export function mergeTyped(node: Node, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  const shape = shapeOf(node, config);
  if (shape === 'leaf' || shape !== shapeOf(node, live)) return config;
  if (shape === 'list') return mergeLists(node!, live as unknown[], config as unknown[]);
  const out: Record<string, unknown> = { ...(live as object) };
  for (const [key, value] of Object.entries(config as object))
    out[key] = mergeTyped(childNode(node, key), out[key], value);
  return out;
}

/** Entries of both lists: the configuration's keep its order, others stay before those they stood before. */
function mergeLists(node: SchemaNode, live: unknown[], config: unknown[]): unknown[] {
  const wanted = new Map(config.map((entry) => [entryElement(node, entry), entry]));
  const existing = new Map(live.map((entry) => [entryElement(node, entry), entry]));
  const order = config.map((entry) => entryElement(node, entry));
  const left = live.map((entry) => entryElement(node, entry));
  const shared = order.filter((element) => existing.has(element));
  const done = new Set<string>();
  const out: unknown[] = [];
  let [l, r, next] = [0, 0, 0];
  const take = (element: string) => {
    done.add(element);
    out.push(mergeTyped(node.items(), existing.get(element), wanted.get(element)));
  };
  while (l < left.length || r < order.length) {
    const [a, b] = [left[l], order[r]];
    if (a !== undefined && b !== undefined) {
      if (a === b) {
        take(a);
        [l, r, next] = [l + 1, r + 1, next + 1];
        continue;
      }
      if (wanted.has(a) && shared[next] !== undefined && shared[next] !== a) {
        l += 1;
        continue;
      }
    }
    if (a !== undefined) {
      if (!wanted.has(a)) {
        out.push(existing.get(a));
        l += 1;
        continue;
      }
      if (done.has(a)) l += 1;
    }
    if (b !== undefined) {
      take(b);
      r += 1;
      if (shared[next] === b) next += 1;
    } else if (a !== undefined && wanted.has(a) && !done.has(a)) l += 1;
  }
  return out;
}

/** The object without some fields. */
export function removeItems(node: Node, value: unknown, gone: FieldSet): unknown {
  switch (shapeOf(node, value)) {
    case 'leaf':
      return value;
    case 'list': {
      const kept = (value as unknown[]).filter((entry) => !gone.members.has(entryElement(node, entry)));
      const out = kept.map((entry) => {
        const below = gone.children.get(entryElement(node, entry));
        return below === undefined ? entry : removeItems(node!.items(), entry, below);
      });
      return out.length === 0 ? undefined : out;
    }
    default:
      return removeFields(node, value as Record<string, unknown>, gone);
  }
}

function removeFields(node: Node, value: Record<string, unknown>, gone: FieldSet): unknown {
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (gone.members.has(`f:${key}`)) continue;
    const below = gone.children.get(`f:${key}`);
    const kept = below === undefined || below.empty ? item : removeItems(childNode(node, key), item, below);
    if (kept !== undefined) out[key] = kept;
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

/** Declared fields count as members when something below them is. */
export function withNamedFields(node: Node, set: FieldSet): FieldSet {
  const members = new Set(set.members);
  const children: [string, FieldSet][] = [];
  for (const [element, child] of set.children) {
    const key = element.startsWith('f:') ? element.slice(2) : undefined;
    if (key !== undefined && declared(node, key) && !child.empty) members.add(element);
    const below = key === undefined ? node?.items() : childNode(node, key);
    children.push([element, withNamedFields(below, child)]);
  }
  return new FieldSet(members, children);
}
