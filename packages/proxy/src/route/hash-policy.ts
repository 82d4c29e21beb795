import type { Problem } from '@lateen/kit';
import type { ConnectionInfo } from '../connection-info.ts';
import { join, optionalDuration, problem } from '../http/config/values.ts';
import type { RequestHeaders } from '../http/header-list.ts';
import type { Message } from '../http/types.ts';
import { xxHash64 } from '../upstream/hash.ts';
import { parseQuery } from './query-match.ts';
import { compileRegex, compileSubstitution } from './regex.ts';

/** Where the hash of a request comes from; `setCookie` receives a cookie that the answer must carry. */
export type HashSource = (
  headers: RequestHeaders,
  connection: ConnectionInfo,
  setCookie: (value: string) => void,
) => bigint | undefined;

interface Policy {
  readonly source: HashSource;
  readonly terminal: boolean;
}

/** Combines the policies of a route; undefined when there are none. */
export function compileHashPolicies(
  policies: readonly Message[] | undefined,
  path: string,
  problems: Problem[],
): HashSource | undefined {
  if (!policies?.length) return undefined;
  const compiled: Policy[] = policies.map((policy, index) => ({
    source: compilePolicy(policy, `${path}[${index}]`, problems),
    terminal: policy.terminal === true,
  }));
  return (headers, connection, setCookie) => {
    let hash: bigint | undefined;
    for (const { source, terminal } of compiled) {
      const next = source(headers, connection, setCookie);
      if (next !== undefined) {
        const old = hash === undefined ? 0n : ((hash << 1n) | (hash >> 63n)) & 0xffff_ffff_ffff_ffffn;
        hash = old ^ next;
      }
      if (terminal && hash !== undefined) break;
    }
    return hash;
  };
}

function compilePolicy(policy: Message, path: string, problems: Problem[]): HashSource {
  if (policy.header !== undefined) return headerSource(policy.header, join(path, 'header'), problems);
  if (policy.cookie !== undefined) return cookieSource(policy.cookie);
  if (policy.connectionProperties !== undefined) {
    return (_, connection) =>
      policy.connectionProperties.sourceIp ? xxHash64(connection.remote.address) : undefined;
  }
  if (policy.queryParameter !== undefined) {
    const name: string = policy.queryParameter.name;
    return (headers) => {
      const value = parseQuery(headers.path ?? '').get(name)?.[0];
      return value === undefined ? undefined : xxHash64(value);
    };
  }
  problems.push(problem(path, 'this hash policy is not supported by this proxy yet'));
  return () => undefined;
}

function headerSource(header: Message, path: string, problems: Problem[]): HashSource {
  const name = String(header.headerName).toLowerCase();
  const rewrite = header.regexRewrite;
  const regex = rewrite && compileRegex(rewrite.pattern ?? {}, join(path, 'regexRewrite.pattern'), problems);
  const substitution = compileSubstitution(rewrite?.substitution ?? '');
  const bytes = (text: string) => Buffer.from(regex ? regex.replace(text, substitution) : text, 'latin1');
  return (headers) => {
    const first = headers.first(name);
    if (first === undefined) return undefined;
    const values = name.startsWith(':') || name === 'host' ? [first] : headers.values(name);
    if (values.length <= 1) return xxHash64(bytes(first));
    return values
      .map((value) => bytes(value))
      .sort(Buffer.compare)
      .reduce((seed, value) => xxHash64(value, seed), 0n);
  };
}

function cookieSource(cookie: Message): HashSource {
  const ttl = optionalDuration(cookie.ttl);
  const attributes: readonly Message[] = cookie.attributes ?? [];
  return (headers, connection, setCookie) => {
    const value = cookieValue(headers, cookie.name);
    if (value !== undefined && value !== '') return xxHash64(Buffer.from(value, 'latin1'));
    if (ttl === undefined) return value === undefined ? undefined : undefined;
    const made = xxHash64(
      `${connection.remote.address}:${connection.remote.port}${connection.local.address}:${connection.local.port}`,
    )
      .toString(16)
      .padStart(16, '0');
    let text = `${cookie.name}="${made}"`;
    if (ttl > 0) text += `; Max-Age=${Math.floor(ttl / 1000)}`;
    if (cookie.path) text += `; Path=${cookie.path}`;
    for (const { name, value: attribute } of attributes)
      text += attribute ? `; ${name}=${attribute}` : `; ${name}`;
    setCookie(`${text}; HttpOnly`);
    return xxHash64(made);
  };
}

/** Value of the first cookie of that name, without quotes around it. */
export function cookieValue(headers: RequestHeaders, name: string): string | undefined {
  for (const line of headers.values('cookie')) {
    for (const part of line.split(';')) {
      const equals = part.indexOf('=');
      if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
      const value = part.slice(equals + 1).trim();
      return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    }
  }
  return undefined;
}
