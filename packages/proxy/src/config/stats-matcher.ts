import type { Message } from './problems.ts';

/** Which stats are not shown, from `stats_config.stats_matcher`. */
export function rejectedStats(statsConfig: Message | undefined): (name: string) => boolean {
  const matcher = statsConfig?.statsMatcher;
  if (!matcher) return () => false;
  if (matcher.rejectAll !== undefined) return () => matcher.rejectAll === true;
  const list = matcher.inclusionList ?? matcher.exclusionList;
  if (!list) return () => false;
  const tests = (list.patterns ?? []).map(stringTest);
  const matches = (name: string) => tests.some((test: (name: string) => boolean) => test(name));
  return matcher.inclusionList ? (name) => !matches(name) : matches;
}

function stringTest(pattern: Message): (name: string) => boolean {
  const fold = pattern.ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  if (pattern.safeRegex) {
    const regex = new RegExp(`^(?:${pattern.safeRegex.regex ?? ''})$`);
    return (name) => regex.test(name);
  }
  if (pattern.prefix !== undefined) return (name) => fold(name).startsWith(fold(pattern.prefix));
  if (pattern.suffix !== undefined) return (name) => fold(name).endsWith(fold(pattern.suffix));
  if (pattern.contains !== undefined) return (name) => fold(name).includes(fold(pattern.contains));
  return (name) => fold(name) === fold(pattern.exact ?? '');
}
