import type { HttpMatchRequest, HttpRoute } from '../virtual-service.ts';
import type { Check } from './check.ts';

/** Warns of rules and matches that never see a request because earlier ones take them all. */
export function checkUnreachable(
  check: Check,
  routes: readonly (HttpRoute | null)[] | undefined,
  path: string,
): void {
  let catchAll: string | undefined;
  const seen = new Set<string>();
  const prefixes: string[] = [];
  for (const [index, route] of (routes ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (catchAll) check.warning(at, `is never reached: ${catchAll} takes every request`, 'Unreachable');
    else catchAll = checkMatches(check, route?.match ?? [], at, seen, prefixes);
  }
}

function checkMatches(
  check: Check,
  matches: readonly (HttpMatchRequest | null)[],
  path: string,
  seen: Set<string>,
  prefixes: string[],
): string | undefined {
  if (matches.length === 0) return path;
  for (const [index, match] of matches.entries()) {
    const at = `${path}.match[${index}]`;
    const text = JSON.stringify(match);
    const prefix = match?.uri?.prefix;
    const covering = prefix === undefined ? undefined : prefixes.find((entry) => prefix.startsWith(entry));
    if (seen.has(text)) check.warning(at, 'is never reached: an earlier match is the same', 'Unreachable');
    else if (covering !== undefined)
      check.warning(at, `is never reached: an earlier match takes prefix "${covering}"`, 'Unreachable');
    seen.add(text);
    if (match && prefix !== undefined && onlyPath(match)) prefixes.push(prefix);
  }
  return undefined;
}

function onlyPath(match: HttpMatchRequest): boolean {
  return Object.entries(match).every(
    ([key, value]) => key === 'uri' || key === 'name' || value === undefined || value === null,
  );
}
