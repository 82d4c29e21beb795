/** A deep copy of a JSON value; several times faster than `structuredClone` because it knows nothing else. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = cloneJson(value[key as keyof T]);
  return copy as T;
}
