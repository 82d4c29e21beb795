/** JSON with sorted keys and without what Kubernetes treats as absent: null, empty lists and empty maps. */
export function canonical(value: unknown): string {
  return JSON.stringify(prune(value)) ?? '';
}

/** Whether two parts of objects mean the same: an absent list and an empty one do. */
export function semanticEqual(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => prune(item) ?? null);
  if (value === null || typeof value !== 'object') return value ?? undefined;
  const result: Record<string, unknown> = {};
  let empty = true;
  for (const key of Object.keys(value).sort()) {
    const kept = prune((value as Record<string, unknown>)[key]);
    if (kept === undefined) continue;
    result[key] = kept;
    empty = false;
  }
  return empty ? undefined : result;
}
