import type { Problem } from '@lateen/kit';
import { join } from '../http/config/values.ts';
import type { HeaderView, Message } from '../http/types.ts';
import { compileRegex } from './regex.ts';
import { compileStringMatch, type StringTest } from './string-match.ts';

export type HeaderTest = (headers: HeaderView) => boolean;

/** Compiles an `envoy.config.route.v3.HeaderMatcher`. */
export function compileHeaderMatch(matcher: Message, path: string, problems: Problem[]): HeaderTest {
  const name = String(matcher.name).toLowerCase();
  const invert = matcher.invertMatch === true;
  const present = matcher.presentMatch ?? (hasValueTest(matcher) ? undefined : true);
  if (present !== undefined) {
    const wanted = present !== invert;
    const emptyCounts = matcher.treatMissingHeaderAsEmpty === true;
    return (headers) => (emptyCounts || headers.first(name) !== undefined) === wanted;
  }
  const test = valueTest(matcher, path, problems);
  const missingIsEmpty = matcher.treatMissingHeaderAsEmpty === true;
  return (headers) => {
    const any =
      headers.someValue === undefined ? testJoined(headers, name, test) : headers.someValue(name, test);
    const matched = any ?? (missingIsEmpty ? test('') : undefined);
    return matched !== undefined && matched !== invert;
  };
}

function testJoined(headers: HeaderView, name: string, test: StringTest): boolean | undefined {
  const value = headers.get(name);
  return value === undefined ? undefined : test(value);
}

/** All of them must match. */
export function compileHeaderMatches(
  matchers: readonly Message[],
  path: string,
  problems: Problem[],
): HeaderTest[] {
  return matchers.map((matcher, index) => compileHeaderMatch(matcher, `${path}[${index}]`, problems));
}

const valueFields = [
  'exactMatch',
  'safeRegexMatch',
  'rangeMatch',
  'prefixMatch',
  'suffixMatch',
  'containsMatch',
  'stringMatch',
];

function hasValueTest(matcher: Message): boolean {
  return valueFields.some((field) => matcher[field] !== undefined);
}

function valueTest(matcher: Message, path: string, problems: Problem[]): StringTest {
  if (matcher.rangeMatch !== undefined) return rangeTest(matcher.rangeMatch);
  if (matcher.safeRegexMatch !== undefined) {
    return compileRegex(matcher.safeRegexMatch, join(path, 'safeRegexMatch'), problems).full;
  }
  if (matcher.stringMatch !== undefined) {
    return compileStringMatch(matcher.stringMatch, join(path, 'stringMatch'), problems);
  }
  const old: Message = {
    exact: matcher.exactMatch,
    prefix: matcher.prefixMatch,
    suffix: matcher.suffixMatch,
    contains: matcher.containsMatch,
  };
  return compileStringMatch(old, path, problems);
}

/** Whole numbers from `start` up to but without `end`; a sign, leading zeros and blanks are allowed. */
function rangeTest(range: Message): StringTest {
  const start = BigInt(range.start ?? 0);
  const end = BigInt(range.end ?? 0);
  return (value) => {
    const match = /^[ \t]*([+-]?)([0-9]+)[ \t]*$/.exec(value);
    if (match === null) return false;
    const number = match[1] === '-' ? -BigInt(match[2]!) : BigInt(match[2]!);
    return number >= start && number < end;
  };
}
