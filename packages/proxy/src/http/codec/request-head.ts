import { RequestHeaders } from '../header-list.ts';
import { sanitizeConnection } from './connection-header.ts';
import { type CodecError, codecErrors } from './head-error.ts';
import { type HeaderLimits, HeadFacts, parseHeaderLines, worstFault } from './head-lines.ts';
import type { NameTable } from './names.ts';
import { parseRequestLine } from './request-line.ts';

export interface RequestHeadOptions extends HeaderLimits {
  readonly allowAbsoluteUrl: boolean;
  readonly allowChunkedLength: boolean;
  readonly acceptHttp10: boolean;
}

/** A request head that has been read, with what its framing is. */
export interface RequestHead {
  readonly headers: RequestHeaders;
  /** Index behind the head in the text. */
  readonly end: number;
  readonly http11: boolean;
  readonly chunked: boolean;
  /** -1 when none was given. */
  readonly contentLength: number;
  /** Lower case value of an Upgrade header that Connection nominates. */
  readonly upgrade: string | undefined;
  readonly expectsContinue: boolean;
  /** The client closes, or wants us to close, after the answer. */
  readonly close: boolean;
}

const validAuthority = /^[A-Za-z0-9!$%&'()*+,\-.:;=@[\]_~]*$/;

/** Reads a complete head from the beginning of `text`. A fault is returned as such; then nothing may be forwarded. */
export function parseRequestHead(
  text: string,
  names: NameTable,
  options: RequestHeadOptions,
): RequestHead | CodecError {
  const newline = text.indexOf('\n');
  const lineEnd = newline > 0 && text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
  const headers = new RequestHeaders();
  const version = parseRequestLine(text, lineEnd, headers, options.allowAbsoluteUrl);
  if (typeof version !== 'string') return worstFault(text, version);
  const facts = new HeadFacts();
  const fault = parseHeaderLines(text, newline + 1, names, options, headers, facts);
  if (fault !== undefined) return fault;
  if (headers.authority === undefined) headers.authority = facts.host;
  const http11 = version === '1.1';
  const refused = checkFraming(headers, facts, options);
  if (refused !== undefined) return refused;
  const upgrade = readUpgrade(headers, facts);
  if (facts.connection !== undefined && upgrade === undefined) {
    if (!sanitizeConnection(headers, facts.connection)) return codecErrors.connectionSanitization;
  }
  if (upgrade !== undefined) headers.add('connection', facts.connection!);
  else if (facts.upgrade !== undefined) headers.remove('upgrade');
  if (facts.te !== undefined) sanitizeTe(headers, facts.te);
  if (headers.authority !== undefined && !validAuthority.test(headers.authority))
    return codecErrors.invalidAuthority;
  return {
    headers,
    end: facts.end,
    http11,
    chunked: facts.transferEncoding !== undefined,
    contentLength: facts.contentLength,
    upgrade,
    expectsContinue: facts.expect !== undefined && facts.expect.toLowerCase() === '100-continue',
    close: closes(facts.connection, http11),
  };
}

function checkFraming(
  headers: RequestHeaders,
  facts: HeadFacts,
  options: RequestHeadOptions,
): CodecError | undefined {
  const coding = facts.transferEncoding;
  if (headers.method === 'CONNECT') {
    if (coding !== undefined) return codecErrors.transferEncoding;
    if (facts.contentLength > 0) return codecErrors.bodyDisallowed;
    if (facts.contentLength === 0) headers.remove('content-length');
    return undefined;
  }
  if (coding === undefined) return undefined;
  const word = coding.toLowerCase();
  if (word === 'identity' && facts.contentLength >= 0) return codecErrors.lengthAndChunked;
  if (word !== 'chunked') return codecErrors.transferEncoding;
  if (facts.contentLength < 0) return undefined;
  if (!options.allowChunkedLength) return codecErrors.lengthAndChunked;
  headers.remove('content-length');
  facts.contentLength = -1;
  return undefined;
}

/** An upgrade counts when `Connection` nominates it; HTTP/2 cleartext is no upgrade for us and its headers go. */
function readUpgrade(headers: RequestHeaders, facts: HeadFacts): string | undefined {
  const upgrade = facts.upgrade;
  if (upgrade === undefined || facts.connection === undefined || !hasToken(facts.connection, 'upgrade')) {
    return undefined;
  }
  if (upgrade.toLowerCase() !== 'h2c') return upgrade.toLowerCase();
  headers.remove('upgrade');
  headers.remove('http2-settings');
  facts.connection = withoutTokens(facts.connection, ['upgrade', 'http2-settings']);
  return undefined;
}

/** Only the exact word `trailers` survives. */
function sanitizeTe(headers: RequestHeaders, value: string): void {
  if (value === 'trailers' || value.split(',').some((part) => part.trim() === 'trailers'))
    headers.set('te', 'trailers');
  else headers.remove('te');
}

export function hasToken(list: string, token: string): boolean {
  if (list.length === token.length) return list.toLowerCase() === token;
  return list.split(',').some((part) => part.trim().toLowerCase() === token);
}

function withoutTokens(list: string, tokens: readonly string[]): string | undefined {
  const kept = list.split(',').filter((part) => !tokens.includes(part.trim().toLowerCase()));
  return kept.length === 0 ? undefined : kept.join(',');
}

function closes(connection: string | undefined, http11: boolean): boolean {
  if (connection === undefined) return !http11;
  if (hasToken(connection, 'close')) return true;
  return !http11 && !hasToken(connection, 'keep-alive');
}
