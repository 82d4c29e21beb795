import type { Problem } from '@lateen/kit';
import { join } from '../http/config/values.ts';
import type { Message } from '../http/types.ts';
import { compileStringMatch } from './string-match.ts';

export type QueryTest = (query: QueryParameters) => boolean;

/** Parameters as they stand in the path: not decoded. */
export type QueryParameters = ReadonlyMap<string, readonly string[]>;

export function parseQuery(path: string): QueryParameters {
  const found = new Map<string, string[]>();
  const start = path.indexOf('?');
  if (start < 0) return found;
  const hash = path.indexOf('#', start);
  for (const part of path.slice(start + 1, hash < 0 ? undefined : hash).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? '' : part.slice(equals + 1);
    const values = found.get(key);
    if (values === undefined) found.set(key, [value]);
    else values.push(value);
  }
  return found;
}

export function compileQueryMatch(matcher: Message, path: string, problems: Problem[]): QueryTest {
  const name = matcher.name as string;
  if (matcher.stringMatch !== undefined) {
    const test = compileStringMatch(matcher.stringMatch, join(path, 'stringMatch'), problems);
    return (query) => {
      const value = query.get(name)?.[0];
      return value !== undefined && test(value);
    };
  }
  const wanted = matcher.presentMatch ?? true;
  return (query) => query.has(name) === wanted;
}
