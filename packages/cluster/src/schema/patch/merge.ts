import { isObject } from '../decode/go.ts';
import { byteOrder } from '../gotext.ts';

/** Applies an RFC 7386 merge patch; maps that the patch touches come out with sorted keys. Inputs are not changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return structuredClone(patch);
  const out: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = isObject(value) ? applyMergePatch(out[key], value) : structuredClone(value);
  }
  return Object.fromEntries(Object.entries(out).toSorted(([a], [b]) => byteOrder(a, b)));
}
