import type { Problem } from '@lateen/kit';
import type { HeaderView, Message } from '../../http/types.ts';

type Test = (value: string) => boolean;

/** Compiles a HeaderMatcher message for log filters. */
export function compileHeaderFilter(
  matcher: Message,
  path: string,
  problems: Problem[],
): (headers: HeaderView | undefined) => boolean {
  const name = String(matcher.name ?? '').toLowerCase();
  const invert = matcher.invertMatch === true;
  if (matcher.presentMatch !== undefined || !hasValueTest(matcher)) {
    const wanted = matcher.presentMatch ?? true;
    return (headers) => (headers?.get(name) !== undefined) === (wanted !== invert);
  }
  const test = valueTest(matcher, path, problems);
  return (headers) => {
    const value = headers?.get(name) ?? (matcher.treatMissingHeaderAsEmpty ? '' : undefined);
    return value !== undefined && test(value) !== invert;
  };
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

const hasValueTest = (matcher: Message) => valueFields.some((field) => matcher[field] !== undefined);

function valueTest(matcher: Message, path: string, problems: Problem[]): Test {
  if (matcher.stringMatch) return stringTest(matcher.stringMatch, path, problems);
  if (matcher.rangeMatch) {
    const { start = 0, end = 0 } = matcher.rangeMatch;
    return (value) =>
      /^\s*[+-]?\d+\s*$/.test(value) && Number(value) >= Number(start) && Number(value) < Number(end);
  }
  return stringTest(
    {
      exact: matcher.exactMatch,
      prefix: matcher.prefixMatch,
      suffix: matcher.suffixMatch,
      contains: matcher.containsMatch,
      safeRegex: matcher.safeRegexMatch,
    },
    path,
    problems,
  );
}

/** Compiles a StringMatcher message. */
export function stringTest(matcher: Message, path: string, problems: Problem[]): Test {
  const fold = matcher.ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  if (matcher.safeRegex) return regexTest(matcher.safeRegex.regex ?? '', path, problems);
  if (matcher.prefix !== undefined) return (value) => fold(value).startsWith(fold(matcher.prefix));
  if (matcher.suffix !== undefined) return (value) => fold(value).endsWith(fold(matcher.suffix));
  if (matcher.contains !== undefined) return (value) => fold(value).includes(fold(matcher.contains));
  return (value) => fold(value) === fold(matcher.exact ?? '');
}

function regexTest(source: string, path: string, problems: Problem[]): Test {
  try {
    const regex = new RegExp(`^(?:${source})$`, 's');
    return (value) => regex.test(value);
  } catch (error) {
    problems.push({ code: 'InvalidRegex', severity: 'error', path, message: (error as Error).message });
    return () => false;
  }
}
