import { isObject } from '../decode/go.ts';
import { printValue } from '../gotext.ts';
import type { SchemaNode } from '../types.ts';
import { printElement } from './set.ts';
import { childNode, entryElement } from './typed.ts';

/** What keeps a configuration from being of its type, in the words of server-side apply. */
export function typeProblems(node: SchemaNode, value: unknown): string[] {
  return check(node, value, '');
}

function check(node: SchemaNode | undefined, value: unknown, path: string): string[] {
  if (node === undefined || value === null || value === undefined || node.type === 'any') return [];
  if (node.format === 'raw' || node.format === 'quantity' || node.format === 'int-or-string') return [];
  switch (node.type) {
    case 'object':
    case 'map':
      return isObject(value)
        ? checkMap(node, value, path)
        : [`${path}: expected map, got &{${shown(value)}}`];
    case 'array':
      return Array.isArray(value)
        ? checkList(node, value, path)
        : [`${path}: expected list, got &{${shown(value)}}`];
    default:
      return checkScalar(node, value, path);
  }
}

function shown(value: unknown): string {
  return printValue(value);
}

function checkMap(node: SchemaNode, value: Record<string, unknown>, path: string): string[] {
  const unknown = Object.keys(value).find(
    (key) => childNode(node, key) === undefined && !open(node, key, path),
  );
  if (unknown !== undefined) return [`${path}.${unknown}: field not declared in schema`];
  return Object.entries(value).flatMap(([key, item]) => check(childNode(node, key), item, `${path}.${key}`));
}

/** Whether a field that the schema does not have may be there all the same. */
function open(node: SchemaNode, key: string, path: string): boolean {
  return (
    node.preserveUnknownFields === true ||
    ((path === '' || node.embeddedResource === true) && implicit.has(key))
  );
}

const implicit: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function checkList(node: SchemaNode, value: readonly unknown[], path: string): string[] {
  const elements = value.map((entry) => entryElement(node, entry));
  const associative = node.listType === 'map' || node.listType === 'set';
  return value.flatMap((entry, index) => {
    const element = elements[index]!;
    const twice = associative && elements.indexOf(element) !== index;
    return [
      ...(twice ? [`${path}: duplicate entries for key ${printElement(element)}`] : []),
      ...check(node.items(), entry, associative ? `${path}${printElement(element)}` : `${path}[${index}]`),
    ];
  });
}

function checkScalar(node: SchemaNode, value: unknown, path: string): string[] {
  const numeric = node.type === 'integer' || node.type === 'number';
  if (numeric)
    return typeof value === 'number'
      ? []
      : [`${path}: expected numeric (int or float), got ${goType(value)}`];
  if (typeof value === node.type) return [];
  if (node.type === 'boolean') return [`${path}: expected boolean, got &{${shown(value)}}`];
  return [`${path}: expected string, got &value.valueUnstructured{Value:${shown(value)}}`];
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
