import type { StringMatch as ApiMatch } from '@lateen/api/istio/common';
import type { NamedMatch, StringMatch } from '../ir/route.ts';

export function stringMatch(match: ApiMatch | undefined): StringMatch | undefined {
  if (match?.exact !== undefined) return { kind: 'exact', value: match.exact };
  if (match?.prefix !== undefined) return { kind: 'prefix', value: match.prefix };
  if (match?.regex !== undefined) return { kind: 'regex', value: match.regex };
  return undefined;
}

/** Conditions by name, sorted, so that the order of a map's keys never shows. */
export function namedMatches(matches: Record<string, ApiMatch> | undefined): NamedMatch[] {
  return Object.entries(matches ?? {})
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, match]) => ({ name, value: stringMatch(match) }));
}

export function sortedEntries(map: Record<string, string> | undefined): (readonly [string, string])[] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
