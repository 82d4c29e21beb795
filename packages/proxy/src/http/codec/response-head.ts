import { ResponseHeaders } from '../header-list.ts';
import { type HeaderLimits, HeadFacts, parseHeaderLines } from './head-lines.ts';
import type { NameTable } from './names.ts';
import { hasToken } from './request-head.ts';

export interface ResponseHead {
  readonly headers: ResponseHeaders;
  readonly end: number;
  readonly body: 'none' | 'length' | 'chunked' | 'until-close' | 'raw';
  readonly contentLength: number;
  /** The upstream will close after this answer. */
  readonly close: boolean;
}

/**
 * Reads a complete answer head; a string is the fault, in words for logs. `method` is the request's, because what
 * follows the head depends on it; `upgradeAsked` tells whether 101 ends HTTP on the connection.
 */
export function parseResponseHead(
  text: string,
  names: NameTable,
  limits: HeaderLimits,
  method: string,
  upgradeAsked: boolean,
): ResponseHead | string {
  const newline = text.indexOf('\n');
  const status = parseStatusLine(text, newline);
  if (status === undefined) return 'malformed status line';
  const headers = new ResponseHeaders(status);
  const facts = new HeadFacts();
  const fault = parseHeaderLines(text, newline + 1, names, limits, headers, facts);
  if (fault !== undefined) return fault.details;
  const chunked = facts.transferEncoding !== undefined;
  if (chunked && facts.transferEncoding!.toLowerCase() !== 'chunked') return 'unsupported transfer encoding';
  if (chunked && facts.contentLength >= 0) return 'content length and chunked';
  const isConnect = method === 'CONNECT' && status >= 200 && status < 300;
  if (isConnect && chunked) return 'transfer encoding on connect';
  if (status < 200 || status === 204) {
    if (chunked) return 'transfer encoding not allowed in 1xx or 204';
    if (facts.contentLength >= 0 && headers.first('content-length') !== '0') {
      return 'content length not allowed in 1xx or 204';
    }
    if (facts.contentLength === 0) headers.remove('content-length');
  }
  if (status === 101 && facts.connection !== undefined) headers.add('connection', facts.connection);
  const http11 = text.startsWith('HTTP/1.1');
  return {
    headers,
    end: facts.end,
    body: bodyOf(status, method, chunked, facts.contentLength, isConnect || (status === 101 && upgradeAsked)),
    contentLength: facts.contentLength,
    close: connectionCloses(facts.connection, http11),
  };
}

function parseStatusLine(text: string, newline: number): number | undefined {
  const match = /^HTTP\/[0-9]+\.[0-9]+[ \t]+([0-9]{3,4})(?:[ \t\r][\s\S]*)?$/.exec(text.slice(0, newline));
  if (match === null) return undefined;
  const status = Number(match[1]);
  return status >= 100 ? status : undefined;
}

function bodyOf(
  status: number,
  method: string,
  chunked: boolean,
  contentLength: number,
  raw: boolean,
): ResponseHead['body'] {
  if (raw) return 'raw';
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return 'none';
  if (chunked) return 'chunked';
  if (contentLength >= 0) return contentLength === 0 ? 'none' : 'length';
  return 'until-close';
}

function connectionCloses(connection: string | undefined, http11: boolean): boolean {
  if (connection === undefined) return !http11;
  if (hasToken(connection, 'close')) return true;
  return !http11 && !hasToken(connection, 'keep-alive');
}
