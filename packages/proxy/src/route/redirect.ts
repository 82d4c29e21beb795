import type { Problem } from '@lateen/kit';
import { join } from '../http/config/values.ts';
import type { RequestHeaders } from '../http/header-list.ts';
import type { Message } from '../http/types.ts';
import type { PathMatch } from './path-match.ts';
import { compileRegex, compileSubstitution } from './regex.ts';

export interface Redirect {
  readonly status: number;
  /** The absolute URL to go to. */
  location(headers: RequestHeaders): string;
}

const codes: Readonly<Record<string, number>> = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

export function compileRedirect(
  redirect: Message,
  match: PathMatch,
  path: string,
  problems: Problem[],
): Redirect {
  const newPath = compileRedirectPath(redirect, match, path, problems);
  const wantedScheme: string | undefined =
    redirect.schemeRedirect || (redirect.httpsRedirect ? 'https' : undefined);
  const port: number = redirect.portRedirect ?? 0;
  return {
    status: codes[redirect.responseCode ?? 'MOVED_PERMANENTLY'] ?? 301,
    location(headers) {
      const scheme = (wantedScheme ?? headers.scheme).toLowerCase();
      let host = redirect.hostRedirect || (headers.authority ?? '');
      if (port !== 0) host = `${withoutPort(host)}:${port}`;
      else if (!redirect.hostRedirect && wantedScheme !== undefined)
        host = withoutDefaultPort(host, wantedScheme);
      return `${scheme}://${host}${newPath(headers.path ?? '')}`;
    },
  };
}

/** What `https_redirect` of a virtual host's `require_tls` answers. */
export function tlsRedirect(headers: RequestHeaders): string {
  return `https://${headers.authority ?? ''}${headers.path ?? ''}`;
}

function withoutPort(host: string): string {
  const match = /^(.*):[0-9]*$/.exec(host);
  if (match === null || (host.startsWith('[') && !match[1]!.endsWith(']'))) return host;
  return match[1]!;
}

function withoutDefaultPort(host: string, scheme: string): string {
  const other = scheme === 'https' ? ':80' : scheme === 'http' ? ':443' : undefined;
  return other !== undefined && host.endsWith(other) ? host.slice(0, -other.length) : host;
}

function compileRedirectPath(
  redirect: Message,
  match: PathMatch,
  path: string,
  problems: Problem[],
): (path: string) => string {
  const strip = redirect.stripQuery === true;
  const finish = (text: string) => (strip ? text.split('?', 1)[0]! : text);
  if (redirect.pathRedirect) {
    const fixed: string = redirect.pathRedirect;
    const own = fixed.includes('?');
    return (old) => {
      if (own || strip) return strip ? finish(fixed) : fixed;
      const query = old.indexOf('?');
      return query < 0 ? fixed : fixed + old.slice(query);
    };
  }
  if (redirect.prefixRewrite) {
    return (old) => finish(replacePrefix(old, match, redirect.prefixRewrite));
  }
  if (redirect.regexRewrite !== undefined) {
    const regex = compileRegex(
      redirect.regexRewrite.pattern ?? {},
      join(path, 'regexRewrite.pattern'),
      problems,
    );
    const substitution = compileSubstitution(redirect.regexRewrite.substitution ?? '');
    return (old) => finish(rewritePathPart(old, (part) => regex.replace(part, substitution)));
  }
  return finish;
}

/** Puts `replacement` in place of what the route's matcher matched. */
export function replacePrefix(path: string, match: PathMatch, replacement: string): string {
  const query = path.indexOf('?');
  const end = query < 0 ? path.length : query;
  const length = match.prefixLength === undefined ? end : Math.min(match.prefixLength, end);
  return replacement + path.slice(length);
}

/** Applies `rewrite` to the path without its query. */
export function rewritePathPart(path: string, rewrite: (part: string) => string): string {
  const query = path.indexOf('?');
  return query < 0 ? rewrite(path) : rewrite(path.slice(0, query)) + path.slice(query);
}
