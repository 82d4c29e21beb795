import { isObject } from '../decode/go.ts';
import { printValue } from '../gotext.ts';
import type { SchemaNode } from '../types.ts';
import { deepEqual } from './json.ts';

type Json = Record<string, unknown>;
type List = unknown[];

/** A patch that makes no sense; `code` is the HTTP status that kube-apiserver answers. */
export class StrategicPatchError extends Error {
  readonly code: number;
  constructor(message: string, code = 500) {
    super(message);
    this.code = code;
  }
}

const marker = '$patch';
const retainKeys = '$retainKeys';
const elementOrder = '$setElementOrder/';
const deleteFrom = '$deleteFromPrimitiveList/';

/** Merges a strategic merge patch into an object, in place; the directives are taken out of the patch as they are used. */
export function applyStrategicPatch(node: SchemaNode, original: Json, patch: Json): Json {
  return mergeMap(original, patch, node);
}

function mergeMap(original: Json | undefined, patch: Json, node: SchemaNode | undefined): Json {
  if (marker in patch) return mapDirective(patch[marker], patch);
  const out = original ?? {};
  applyRetainKeys(out, patch);
  applyElementOrders(out, patch, node);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deleteFrom)) deleteFromPrimitives(out, key.slice(deleteFrom.length), value);
    else mergeField(out, key, value, childNode(node, key));
  }
  return out;
}

function childNode(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  return node?.type === 'map' ? node.items() : node?.field(key);
}

function mapDirective(directive: unknown, patch: Json): Json {
  if (directive === 'replace') {
    delete patch[marker];
    return patch;
  }
  if (directive === 'delete') return {};
  throw unknownDirective(directive, patch);
}

function unknownDirective(directive: unknown, patch: Json): StrategicPatchError {
  return new StrategicPatchError(`unknown patch type: ${printValue(directive)} in map: ${printValue(patch)}`);
}

function applyRetainKeys(original: Json, patch: Json): void {
  if (!(retainKeys in patch)) return;
  const keys = patch[retainKeys];
  delete patch[retainKeys];
  const bad = new StrategicPatchError('invalid patch format of retainKeys', 400);
  if (!Array.isArray(keys)) throw bad;
  for (const [key, value] of Object.entries(patch)) {
    const directive = key.startsWith(deleteFrom) || key.startsWith(elementOrder);
    if (value !== null && !directive && !keys.includes(key)) throw bad;
  }
  for (const key of Object.keys(original)) if (!keys.includes(key)) delete original[key];
}

function mergeField(out: Json, key: string, value: unknown, node: SchemaNode | undefined): void {
  if (value === null) {
    delete out[key];
    return;
  }
  const existing = out[key];
  if (isObject(existing) && isObject(value)) {
    out[key] = strategies(node).includes('replace') ? value : mergeMap(existing, value, node);
  } else if (Array.isArray(existing) && Array.isArray(value)) {
    out[key] = strategies(node).includes('merge') ? mergeList(existing, value, node!) : value;
  } else {
    const kept = withoutDirectives(withoutNulls(value));
    if (kept === undefined) delete out[key];
    else out[key] = kept;
  }
}

function strategies(node: SchemaNode | undefined): string[] {
  return node?.patchStrategy?.split(',') ?? [];
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  for (const [key, item] of Object.entries(value)) {
    if (item === null) delete value[key];
    else withoutNulls(item);
  }
  return value;
}

/** The value without maps that carry directives; undefined when it is one itself. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (marker in value) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const kept = withoutDirectives(item);
    if (kept === undefined) delete value[key];
    else value[key] = kept;
  }
  return value;
}

function deleteFromPrimitives(out: Json, key: string, value: unknown): void {
  if (!Array.isArray(value)) throw new StrategicPatchError('invalid patch format of primitive list', 400);
  const existing = out[key];
  if (Array.isArray(existing))
    out[key] = existing.filter((item) => !value.some((gone) => deepEqual(item, gone)));
}

function mergeList(original: List, patch: List, node: SchemaNode): List {
  if (original.length === 0 && patch.length === 0) return original;
  const key = isObject(original[0] ?? patch[0]) ? mergeKeyOf(node) : undefined;
  if (key === undefined) {
    const both = unique([...original, ...patch]);
    return ordered(both, patch, original, undefined);
  }
  const prepared = specialElements(original, patch as Json[], key);
  const merged = mergeEntries(prepared.original, prepared.patch, key, node);
  return ordered(merged, prepared.patch, prepared.original, key);
}

function mergeKeyOf(node: SchemaNode): string {
  if (node.patchMergeKey !== undefined) return node.patchMergeKey;
  throw new StrategicPatchError(
    `cannot merge lists without merge key for ${node.items()?.go?.name.split('.').at(-1)}`,
  );
}

function noMergeKey(entry: unknown, key: string): StrategicPatchError {
  return new StrategicPatchError(`map: ${printValue(entry)} does not contain declared merge key: ${key}`);
}

/** Takes `$patch: delete` and `$patch: replace` entries out of a list patch and applies them. */
function specialElements(original: List, patch: Json[], key: string): { original: List; patch: List } {
  let kept = original;
  let replace = false;
  const plain: List = [];
  for (const entry of patch) {
    const directive = entry?.[marker];
    if (directive === undefined) plain.push(entry);
    else if (directive === 'delete') {
      if (!(key in entry)) throw noMergeKey(entry, key);
      kept = kept.filter((item) => !(isObject(item) && deepEqual(item[key], entry[key])));
    } else if (directive === 'replace') replace = true;
    else if (directive === 'merge')
      throw new StrategicPatchError('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(directive, entry);
  }
  return replace ? { original: plain, patch: [] } : { original: kept, patch: plain };
}

function mergeEntries(original: List, patch: List, key: string, node: SchemaNode): List {
  const out = [...original];
  for (const entry of patch as Json[]) {
    if (!(key in entry)) throw noMergeKey(entry, key);
    const index = out.findIndex((item) => isObject(item) && deepEqual(item[key], entry[key]));
    if (index === -1) out.push(withoutDirectives(entry));
    else out[index] = mergeMap(out[index] as Json, entry, node.items());
  }
  return out;
}

function unique(items: List): List {
  return items.filter((item, index) => items.findIndex((other) => deepEqual(item, other)) === index);
}

function same(a: unknown, b: unknown, key: string | undefined): boolean {
  if (key === undefined || !isObject(a) || !isObject(b)) return deepEqual(a, b);
  return deepEqual(a[key], b[key]);
}

function position(list: List, item: unknown, key: string | undefined): number {
  return list.findIndex((other) => same(other, item, key));
}

/** Puts entries of the patch in its order and weaves the others in by the order that the server had. */
function ordered(merged: List, patchOrder: List, serverOrder: List, key: string | undefined): List {
  const inPatch = merged.filter((item) => position(patchOrder, item, key) !== -1);
  const serverOnly = merged.filter((item) => position(patchOrder, item, key) === -1);
  const by = (list: List) => (a: unknown, b: unknown) => position(list, a, key) - position(list, b, key);
  return weave(serverOnly.toSorted(by(serverOrder)), inPatch.toSorted(by(patchOrder)), serverOrder, key);
}

function weave(left: List, right: List, serverOrder: List, key: string | undefined): List {
  const out: List = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const takeLeft = j >= right.length || (i < left.length && precedes(left[i], right[j], serverOrder, key));
    out.push(takeLeft ? left[i++] : right[j++]);
  }
  return out;
}

function precedes(a: unknown, b: unknown, serverOrder: List, key: string | undefined): boolean {
  const [left, right] = [position(serverOrder, a, key), position(serverOrder, b, key)];
  return left !== -1 && right !== -1 && left < right;
}

function applyElementOrders(original: Json, patch: Json, node: SchemaNode | undefined): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(elementOrder)) continue;
    const order = patch[directive];
    delete patch[directive];
    if (!Array.isArray(order))
      throw new StrategicPatchError('invalid patch format of setElementOrder list', 400);
    const field = directive.slice(elementOrder.length);
    applyElementOrder(original, patch, field, order, childNode(node, field));
  }
}

function applyElementOrder(
  original: Json,
  patch: Json,
  field: string,
  order: List,
  node: SchemaNode | undefined,
): void {
  const existing = original[field] as List | undefined;
  const added = patch[field] as List | undefined;
  delete patch[field];
  for (const list of [existing, added]) {
    if (list !== undefined && list !== null && !Array.isArray(list)) {
      throw new StrategicPatchError(
        `expected a []interface {}, but received a ${isObject(list) ? 'map[string]interface {}' : typeof list}`,
      );
    }
  }
  const key = node?.patchMergeKey;
  checkOrder(added ?? [], order, key);
  const merged = mergedForOrder(existing ?? undefined, added ?? undefined, node);
  if (merged !== undefined) original[field] = ordered(merged, order, existing ?? [], key);
}

function mergedForOrder(
  existing: List | undefined,
  added: List | undefined,
  node: SchemaNode | undefined,
): List | undefined {
  if (existing === undefined) return added === undefined ? undefined : (withoutDirectives(added) as List);
  if (added === undefined) return existing;
  return strategies(node).includes('merge') ? mergeList(existing, added, node!) : added;
}

/** The entries of the patch list must follow the order list. */
function checkOrder(patch: List, order: List, key: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const entries = patch.filter((entry) => !(isObject(entry) && marker in entry));
  let next = 0;
  for (const item of order) if (next < entries.length && same(entries[next], item, key)) next += 1;
  if (next < entries.length) {
    const lists = `${printValue(patch)}\n doesn't match $setElementOrder list:\n${printValue(order)}\n`;
    throw new StrategicPatchError(`The order in patch list:\n${lists}`);
  }
}
