import { invalidValue } from '../errors.ts';
import type { FieldError, KubeObject } from '../types.ts';

/** What the scale subresource needs: replica counts that are no negative numbers. */
export function validateScale(object: KubeObject, scale: any): FieldError[] {
  if (!scale) return [];
  return [...count(object, scale.specReplicasPath), ...count(object, scale.statusReplicasPath)];
}

function count(object: KubeObject, path: string): FieldError[] {
  const value = path
    .replace(/^\./, '')
    .split('.')
    .reduce<any>((at, part) => at?.[part], object);
  if (value === undefined || value === null) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) return [];
  if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
  return value > 2_147_483_647
    ? [invalidValue(path, value, 'should be less than or equal to 2147483647')]
    : [];
}
