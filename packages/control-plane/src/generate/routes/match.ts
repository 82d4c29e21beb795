import type { HttpMatch, NamedMatch, StringMatch } from '../../ir/route.ts';
import { defined, type Json } from '../context.ts';

/** A request's conditions. Headers come in the order of their names, then those that must be absent, then pseudo headers. */
export function routeMatch(match: HttpMatch | undefined): Json {
  if (!match) return { prefix: '/' };
  const headers = [
    ...match.headers.map((header) => headerMatch(header)),
    ...match.withoutHeaders.map(withoutHeader),
    ...pseudo(':method', match.method),
    ...pseudo(':authority', match.authority),
    ...pseudo(':scheme', match.scheme),
  ];
  const query = match.queryParams.map(queryMatch);
  return defined({
    ...pathMatch(match),
    headers: headers.length > 0 ? headers : undefined,
    queryParameters: query.length > 0 ? query : undefined,
  });
}

function pathMatch({ uri, ignoreUriCase }: HttpMatch): Json {
  const caseSensitive = !ignoreUriCase;
  if (!uri) return { caseSensitive, prefix: '/' };
  switch (uri.kind) {
    case 'exact':
      return { caseSensitive, path: uri.value };
    case 'prefix':
      return { caseSensitive, prefix: uri.value };
    case 'regex':
      return { caseSensitive, safeRegex: { regex: uri.value } };
  }
}

export function stringMatcher(match: StringMatch): Json {
  return match.kind === 'regex' ? { safeRegex: { regex: match.value } } : { [match.kind]: match.value };
}

/** A condition that holds for every value asks for nothing but the header. */
function isCatchAll(value: StringMatch | undefined): boolean {
  return (
    !value ||
    (value.kind === 'regex' && value.value === '*') ||
    (value.kind === 'prefix' && value.value === '*')
  );
}

function headerMatch({ name, value }: NamedMatch): Json {
  return isCatchAll(value) ? { name, presentMatch: true } : { name, stringMatch: stringMatcher(value!) };
}

function withoutHeader(header: NamedMatch): Json {
  const match = { ...headerMatch(header), invertMatch: true };
  return 'presentMatch' in match ? match : { ...match, treatMissingHeaderAsEmpty: true };
}

function pseudo(name: string, value: StringMatch | undefined): Json[] {
  return value ? [{ name, stringMatch: stringMatcher(value) }] : [];
}

function queryMatch({ name, value }: NamedMatch): Json {
  return value ? { name, stringMatch: stringMatcher(value) } : { name, presentMatch: true };
}

/** The path as it stands in a span's name. */
export function operationPath(match: HttpMatch | undefined): string {
  const uri = match?.uri;
  if (!uri) return '/*';
  return uri.kind === 'prefix' ? `${uri.value}*` : uri.value;
}
