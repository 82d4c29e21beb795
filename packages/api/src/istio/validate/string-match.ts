import type { StringMatch } from '../common.ts';
import type { Check } from './check.ts';

/** A condition on a text: prefixes and patterns must not be empty, patterns must be RE2. */
export function checkStringMatch(check: Check, match: StringMatch | null | undefined, path: string): void {
  if (!match) return;
  if (match.prefix === '') check.error(`${path}.prefix`, 'must not be empty');
  if (match.regex === '') check.error(`${path}.regex`, 'must not be empty');
  else if (match.regex !== undefined) check.regex(match.regex, `${path}.regex`);
}

/** Whether some kind of condition is there at all. */
export function isEmptyMatch(match: StringMatch | null | undefined): boolean {
  return !match || (match.exact === undefined && match.prefix === undefined && match.regex === undefined);
}
