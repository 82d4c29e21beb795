import { isObject } from '../decode/go.ts';
import { readSpecial } from '../decode/special.ts';
import type { SchemaNode } from '../types.ts';

/**
 * The first value of a strategic merge patch's outcome that does not fit its type, in the words of the converter that
 * kube-apiserver uses there. Fields are looked at in the order of their declaration.
 */
export function unstructuredProblem(node: SchemaNode, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (node.format !== undefined && node.type !== 'integer' && node.type !== 'number') {
    const special = readSpecial(node.format, value, '', '');
    if (special !== undefined) return special.fatal ?? special.saved;
  }
  switch (node.type) {
    case 'object':
      return isObject(value) ? structProblem(node, value) : `cannot restore struct from: ${goKind(value)}`;
    case 'map':
      return isObject(value)
        ? firstProblem(node, Object.values(value))
        : `cannot restore map from ${goKind(value)}`;
    case 'array':
      return Array.isArray(value) ? firstProblem(node, value) : `cannot restore slice from ${goKind(value)}`;
    case 'any':
      return undefined;
    default:
      return scalarProblem(node, value);
  }
}

function structProblem(node: SchemaNode, value: Record<string, unknown>): string | undefined {
  for (const name of node.fieldNames()) {
    const problem = unstructuredProblem(node.field(name)!, value[name]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function firstProblem(node: SchemaNode, values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const problem = unstructuredProblem(node.items()!, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (isObject(value)) return 'map';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function scalarProblem(node: SchemaNode, value: unknown): string | undefined {
  const kind = goKind(value);
  const target =
    node.type === 'boolean' ? 'bool' : node.type === 'string' ? 'string' : (node.format ?? 'int64');
  if (kind === target || (kind === 'int64' && /^(int|float)/.test(target))) return undefined;
  if (kind === 'float64' && target.startsWith('float')) return undefined;
  if (kind === 'float64' && target.startsWith('int')) return `cannot convert float64 to ${target}`;
  if (kind === 'int64' && target === 'string') return `cannot convert int64 to ${node.go?.name ?? target}`;
  return `unrecognized type: ${target}`;
}
