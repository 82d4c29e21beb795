import { isObject } from '../decode/go.ts';
import { invalidValue } from '../errors.ts';
import { printValue } from '../gotext.ts';
import type { FieldError, KubeObject } from '../types.ts';

/** What the scale subresource needs: replica counts that are no negative numbers. */
export function validateScale(object: KubeObject, scale: any): FieldError[] {
  if (!scale) return [];
  return [...count(object, scale.specReplicasPath), ...count(object, scale.statusReplicasPath)];
}

function count(object: KubeObject, path: string): FieldError[] {
  let value: unknown = object;
  for (const part of path.replace(/^\./, '').split('.')) {
    if (value === undefined || value === null) return [];
    if (!isObject(value)) return [notReadable(path, value, 'map[string]interface{}')];
    value = value[part];
  }
  if (value === undefined || value === null) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) return [notReadable(path, value, 'int64')];
  if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
  return value > 2_147_483_647
    ? [invalidValue(path, value, 'should be less than or equal to 2147483647')]
    : [];
}

function notReadable(path: string, value: unknown, wanted: string): FieldError {
  const text = `${path} accessor error: ${printValue(value)} is of the type ${goType(value)}, expected ${wanted}`;
  return invalidValue(path, 0, text);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
