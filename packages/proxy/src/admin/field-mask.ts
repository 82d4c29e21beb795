type Json = Readonly<Record<string, any>>;

/** Keeps only the paths of a FieldMask, which do not lead through lists; undefined when none of them is there. */
export function applyMask(value: Json, mask: string): Json | undefined {
  const result: Record<string, unknown> = {};
  if (value['@type'] !== undefined) result['@type'] = value['@type'];
  let any = false;
  for (const path of mask.split(',')) any = copy(value, result, path.split('.')) || any;
  return any ? result : undefined;
}

function copy(from: Json, to: Record<string, any>, path: readonly string[]): boolean {
  const [head = '', ...rest] = path;
  const value = from[head];
  if (value === undefined) return false;
  if (rest.length === 0 || typeof value !== 'object' || value === null) {
    to[head] = value;
    return true;
  }
  if (Array.isArray(value)) return false;
  const inner: Record<string, unknown> =
    to[head] ?? (value['@type'] === undefined ? {} : { '@type': value['@type'] });
  const copied = copy(value, inner, rest);
  if (copied) to[head] = inner;
  return copied;
}
