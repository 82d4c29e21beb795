/** The paths at which two JSON values differ, with both sides; at most `limit`. */
export function differences(actual: unknown, expected: unknown, limit = 6): string[] {
  const found: string[] = [];
  compare(actual, expected, '', found, limit);
  return found;
}

function compare(a: any, b: any, path: string, found: string[], limit: number): void {
  if (found.length >= limit || a === b) return;
  if (Array.isArray(a) && Array.isArray(b)) {
    compareLists(a, b, path, found, limit);
    return;
  }
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      compare(a[key], b[key], path ? `${path}.${key}` : key, found, limit);
    }
    return;
  }
  found.push(`${path}: ours ${short(a)}, istiod ${short(b)}`);
}

function compareLists(a: any[], b: any[], path: string, found: string[], limit: number): void {
  if (a.length !== b.length) found.push(`${path}: ours has ${a.length} entries, istiod ${b.length}`);
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    compare(a[index], b[index], `${path}[${index}]`, found, limit);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
