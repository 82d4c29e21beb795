import type { Problem } from '@lateen/kit';
import { join } from '../http/config/values.ts';
import type { RequestHeaders } from '../http/header-list.ts';
import type { Message } from '../http/types.ts';
import type { PathMatch } from './path-match.ts';
import { compileRegex, compileSubstitution } from './regex.ts';

export interface Redirect {
  readonly status: number;
  /** What it makes of the path, before a query is stripped. */
  readonly rewrite: ((path: string) => string) | undefined;
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
  const rewrites = !redirect.pathRedirect && (redirect.prefixRewrite || redirect.regexRewrite !== undefined);
  return {
    status: codes[redirect.responseCode ?? 'MOVED_PERMANENTLY'] ?? 301,
    rewrite: rewrites ? newPath.full : undefined,
    location(headers) {
      const scheme = wantedScheme ?? headers.scheme;
      let host = redirect.hostRedirect || (headers.authority ?? '');
      if (port !== 0) host = `${withoutPort(host)}:${port}`;
      else if (!redirect.hostRedirect)
        host = withoutDefaultPort(host, scheme, headers.first('x-forwarded-proto') ?? '');
      return `${scheme}://${host}${newPath.shown(headers.path ?? '')}`;
    },
  };
}

/** The request's own URL. */
export function requestUrl(headers: RequestHeaders): string {
  return `${headers.scheme}://${headers.authority ?? ''}${headers.path ?? ''}`;
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

/** Drops the default port of the protocol that the client used when the redirect leaves that protocol. */
function withoutDefaultPort(host: string, scheme: string, protocol: string): string {
  if (scheme === protocol) return host;
  const port = protocol === 'https' ? ':443' : protocol === 'http' ? ':80' : undefined;
  return port !== undefined && host.endsWith(port) ? host.slice(0, -port.length) : host;
}

interface RedirectPath {
  readonly full: (path: string) => string;
  readonly shown: (path: string) => string;
}

function compileRedirectPath(
  redirect: Message,
  match: PathMatch,
  path: string,
  problems: Problem[],
): RedirectPath {
  const strip = redirect.stripQuery === true;
  const finish = (full: (old: string) => string): RedirectPath => ({
    full,
    shown: strip ? (old) => full(old).split('?', 1)[0]! : full,
  });
  if (redirect.pathRedirect) {
    const fixed: string = redirect.pathRedirect;
    const keeps = !fixed.includes('?') && !strip;
    const full = (old: string) => (keeps && old.includes('?') ? fixed + old.slice(old.indexOf('?')) : fixed);
    return { full, shown: full };
  }
  if (redirect.prefixRewrite) return finish((old) => replacePrefix(old, match, redirect.prefixRewrite));
  if (redirect.regexRewrite !== undefined) {
    const regex = compileRegex(
      redirect.regexRewrite.pattern ?? {},
      join(path, 'regexRewrite.pattern'),
      problems,
    );
    const substitution = compileSubstitution(redirect.regexRewrite.substitution ?? '');
    return finish((old) => rewritePathPart(old, (part) => regex.replace(part, substitution)));
  }
  return finish((old) => old);
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
