import type { Problem } from '@lateen/kit';
import { join, problem, typeName } from '../http/config/values.ts';
import type { RequestHeaders } from '../http/header-list.ts';
import type { Message } from '../http/types.ts';
import type { PathMatch } from './path-match.ts';
import { compileTemplateRewrite } from './path-template.ts';
import { replacePrefix, rewritePathPart } from './redirect.ts';
import { compileRegex, compileSubstitution } from './regex.ts';

export type PathRewrite = (path: string) => string;

/** The path rewrite of a route action; undefined when it has none. */
export function compilePathRewrite(
  action: Message,
  match: PathMatch,
  path: string,
  problems: Problem[],
): PathRewrite | undefined {
  if (action.prefixRewrite) return (old) => replacePrefix(old, match, action.prefixRewrite);
  if (action.regexRewrite !== undefined) {
    const regex = compileRegex(
      action.regexRewrite.pattern ?? {},
      join(path, 'regexRewrite.pattern'),
      problems,
    );
    const substitution = compileSubstitution(action.regexRewrite.substitution ?? '');
    return (old) => rewritePathPart(old, (part) => regex.replace(part, substitution));
  }
  if (action.pathRewritePolicy !== undefined) {
    return templateRewrite(action.pathRewritePolicy, match, join(path, 'pathRewritePolicy'), problems);
  }
  return undefined;
}

function templateRewrite(
  policy: Message,
  match: PathMatch,
  path: string,
  problems: Problem[],
): PathRewrite | undefined {
  const type = typeName(policy.typedConfig);
  const { template } = match;
  if (
    type !== 'envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig' ||
    template === undefined
  ) {
    problems.push(
      problem(path, 'needs a UriTemplateRewriteConfig and a path_match_policy to take variables from'),
    );
    return undefined;
  }
  const rewrite = compileTemplateRewrite(
    policy.typedConfig.pathTemplateRewrite ?? '',
    template,
    path,
    problems,
  );
  return (old) =>
    rewritePathPart(old, (part) => {
      const values = template.match(part);
      return values === undefined ? part : rewrite(values);
    });
}

/** The new host of a request, or undefined to leave it. `auto` is decided when the upstream host is known. */
export type HostRewrite =
  | { readonly kind: 'auto' }
  | { readonly kind: 'text'; readonly host: (headers: RequestHeaders) => string | undefined };

export function compileHostRewrite(
  action: Message,
  path: string,
  problems: Problem[],
): HostRewrite | undefined {
  if (action.hostRewriteLiteral) return { kind: 'text', host: () => action.hostRewriteLiteral };
  if (action.autoHostRewrite) return { kind: 'auto' };
  if (action.hostRewriteHeader) {
    const name = String(action.hostRewriteHeader).toLowerCase();
    return { kind: 'text', host: (headers) => headers.first(name) || undefined };
  }
  if (action.hostRewritePathRegex !== undefined) {
    const rewrite: Message = action.hostRewritePathRegex;
    const regex = compileRegex(rewrite.pattern ?? {}, join(path, 'hostRewritePathRegex.pattern'), problems);
    const substitution = compileSubstitution(rewrite.substitution ?? '');
    return {
      kind: 'text',
      host: (headers) => regex.replace((headers.path ?? '').split('?', 1)[0]!, substitution),
    };
  }
  return undefined;
}
