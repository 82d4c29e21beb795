import type { Problem } from '@lateen/kit';
import { join, problem } from '../http/config/values.ts';
import type { Message } from '../http/types.ts';
import { compileRegex } from './regex.ts';

export type StringTest = (value: string) => boolean;

/** Compiles an `envoy.type.matcher.v3.StringMatcher`. */
export function compileStringMatch(matcher: Message, path: string, problems: Problem[]): StringTest {
  const fold = matcher.ignoreCase === true;
  const folded = (text: string) => (fold ? text.toLowerCase() : text);
  if (matcher.safeRegex !== undefined) {
    return compileRegex(matcher.safeRegex, join(path, 'safeRegex'), problems).full;
  }
  if (matcher.prefix !== undefined) {
    const prefix = folded(matcher.prefix);
    return (value) => folded(value).startsWith(prefix);
  }
  if (matcher.suffix !== undefined) {
    const suffix = folded(matcher.suffix);
    return (value) => folded(value).endsWith(suffix);
  }
  if (matcher.contains !== undefined) {
    const part = folded(matcher.contains);
    return (value) => folded(value).includes(part);
  }
  if (matcher.custom !== undefined) {
    problems.push(
      problem(join(path, 'custom'), 'custom string matchers are not supported by this proxy yet'),
    );
  }
  const exact = folded(matcher.exact ?? '');
  return fold ? (value) => value.toLowerCase() === exact : (value) => value === exact;
}
