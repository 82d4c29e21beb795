import type { Problem } from '@lateen/kit';
import { join, problem, typeName } from '../http/config/values.ts';
import type { RequestHeaders } from '../http/header-list.ts';
import type { Message } from '../http/types.ts';
import { compilePathTemplate, type PathTemplate } from './path-template.ts';
import { compileRegex } from './regex.ts';

/** How a route looks at the path, and what of it a prefix rewrite replaces. */
export interface PathMatch {
  readonly kind: 'prefix' | 'path' | 'regex' | 'separated' | 'template' | 'connect';
  /** `path` is without query. */
  matches(path: string, headers: RequestHeaders): boolean;
  /** How many characters of the path `prefix_rewrite` replaces: all of it when undefined. */
  readonly prefixLength: number | undefined;
  readonly template?: PathTemplate;
}

export function compilePathMatch(match: Message, path: string, problems: Problem[]): PathMatch {
  const fold = match.caseSensitive === false;
  if (match.prefix !== undefined) return prefixMatch(match.prefix, fold);
  if (match.path !== undefined) return exactMatch(match.path, fold);
  if (match.safeRegex !== undefined) {
    const regex = compileRegex(match.safeRegex, join(path, 'safeRegex'), problems);
    return { kind: 'regex', matches: withPath(regex.full), prefixLength: undefined };
  }
  if (match.pathSeparatedPrefix !== undefined) return separatedMatch(match.pathSeparatedPrefix, fold);
  if (match.pathMatchPolicy !== undefined)
    return policyMatch(match.pathMatchPolicy, join(path, 'pathMatchPolicy'), problems);
  if (match.connectMatcher !== undefined) {
    return {
      kind: 'connect',
      matches: (_, headers) => headers.method === 'CONNECT',
      prefixLength: undefined,
    };
  }
  problems.push(
    problem(path, 'a route match needs prefix, path, safe_regex, path_separated_prefix or connect_matcher'),
  );
  return { kind: 'prefix', matches: () => false, prefixLength: 0 };
}

type Matches = PathMatch['matches'];

function withPath(test: (path: string) => boolean): Matches {
  return (path, headers) => headers.path !== undefined && test(path);
}

function prefixMatch(prefix: string, fold: boolean): PathMatch {
  const wanted = fold ? prefix.toLowerCase() : prefix;
  const matches: Matches =
    prefix === '/' || prefix === ''
      ? withPath((path) => prefix === '' || path.startsWith('/'))
      : withPath((path) => (fold ? path.toLowerCase() : path).startsWith(wanted));
  return { kind: 'prefix', matches, prefixLength: prefix.length };
}

function exactMatch(exact: string, fold: boolean): PathMatch {
  const wanted = fold ? exact.toLowerCase() : exact;
  const matches = withPath((path) => (fold ? path.toLowerCase() : path) === wanted);
  return { kind: 'path', matches, prefixLength: exact.length };
}

function separatedMatch(prefix: string, fold: boolean): PathMatch {
  const wanted = fold ? prefix.toLowerCase() : prefix;
  const matches = withPath((path) => {
    const text = fold ? path.toLowerCase() : path;
    return (
      text.startsWith(wanted) && (text.length === wanted.length || text.charCodeAt(wanted.length) === 47)
    );
  });
  return { kind: 'separated', matches, prefixLength: prefix.length };
}

function policyMatch(policy: Message, path: string, problems: Problem[]): PathMatch {
  const type = typeName(policy.typedConfig);
  if (type !== 'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig') {
    problems.push(problem(path, `${type || policy.name} is not supported by this proxy yet`));
  }
  const template = compilePathTemplate(policy.typedConfig?.pathTemplate ?? '/', path, problems);
  const matches = withPath((text) => template.match(text) !== undefined);
  return { kind: 'template', matches, prefixLength: undefined, template };
}
