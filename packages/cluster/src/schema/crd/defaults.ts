import { isObject } from '../decode/go.ts';
import type { CustomNode } from './node.ts';

/** Fills in defaults, in place; a null where none is allowed is dropped, or gives way to the default. */
export function applyCustomDefaults(value: unknown, node: CustomNode | undefined): void {
  if (node === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) applyCustomDefaults(item, node.items());
    return;
  }
  if (!isObject(value)) return;
  for (const name of node.fieldNames()) defaultField(value, name, node.field(name)!);
  const values = node.type === 'map' ? node.items() : undefined;
  for (const [key, item] of Object.entries(value)) {
    const child = node.field(key) ?? values;
    if (item === null && child !== undefined && !child.nullable) defaultNull(value, key, child);
    else applyCustomDefaults(item, child);
  }
}

function defaultField(value: Record<string, unknown>, name: string, node: CustomNode): void {
  if (node.defaultValue === undefined) return;
  const missing = value[name] === undefined || (value[name] === null && !node.nullable);
  if (missing) value[name] = structuredClone(node.defaultValue);
}

function defaultNull(value: Record<string, unknown>, key: string, node: CustomNode): void {
  if (node.defaultValue === undefined) delete value[key];
  else value[key] = structuredClone(node.defaultValue);
}
