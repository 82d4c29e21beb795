import type { RequestHeaders } from '../header-list.ts';
import { type CodecError, codecErrors } from './head-error.ts';

const methods: readonly string[] =
  `ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY
OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK
UNSUBSCRIBE`.split(/\s+/);

const knownMethods: ReadonlySet<string> = new Set(methods);
const originForm = /^[/*][\x0c!-~]*$/;
const absoluteForm = /^[A-Za-z]+:\/\/([A-Za-z0-9!$%&'()*+,\-.:;=@[\]_~]*)([/?][\x0c!-~]*)?$/;
const authorityForm = /^([A-Za-z0-9!$%&'()*+,\-.:;=@[\]_~]*)([/?][\x0c!-~]*)?$/;
const version = /^HTTP\/[0-9]\.[0-9]$/;

/** True when the first byte of a request can begin one of the methods that are known. */
export function canBeginMethod(code: number): boolean {
  return 'ABCDGHLMNOPQRSTU'.includes(String.fromCharCode(code));
}

/** Version of the request line, or the fault of it. Sets method, path and (absolute form) authority and scheme. */
export type RequestLine = '1.1' | 'older' | CodecError;

/** Reads `text` up to `lineEnd`, which excludes the line's end characters. */
export function parseRequestLine(
  text: string,
  lineEnd: number,
  headers: RequestHeaders,
  allowAbsolute: boolean,
): RequestLine {
  const first = text.indexOf(' ');
  const pathEnd = lineEnd - 9;
  const plain =
    first > 0 &&
    first < pathEnd &&
    text.startsWith(' HTTP/1.1', pathEnd) &&
    text.charCodeAt(first + 1) === 47;
  if (plain) {
    const path = text.slice(first + 1, pathEnd);
    const method = text.slice(0, first);
    if (knownMethods.has(method) && method !== 'CONNECT' && originForm.test(path)) {
      headers.method = method;
      headers.path = path;
      return '1.1';
    }
  }
  return parseUnusual(text.slice(0, lineEnd), headers, allowAbsolute);
}

function parseUnusual(line: string, headers: RequestHeaders, allowAbsolute: boolean): RequestLine {
  const parts = line.replace(/[ \t\r]+$/, '').split(/[ \t\r]+/);
  const [method = '', target = '', protocol = ''] = parts;
  if (parts.length > 3 || !knownMethods.has(method)) return codecErrors.codec;
  if (protocol !== '' && !version.test(protocol)) return codecErrors.codec;
  headers.method = method;
  const isConnect = method === 'CONNECT';
  if (!isValidTarget(target, isConnect)) return codecErrors.codec;
  const fault = isConnect
    ? setConnectTarget(target, headers)
    : setTarget(target, method, headers, allowAbsolute);
  return fault ?? (protocol === 'HTTP/1.1' ? '1.1' : 'older');
}

function isValidTarget(target: string, isConnect: boolean): boolean {
  if (target === '') return false;
  if (originForm.test(target)) return true;
  const match = (isConnect ? authorityForm : absoluteForm).exec(target);
  return match !== null && !match[1]!.includes('@@');
}

function setConnectTarget(target: string, headers: RequestHeaders): CodecError | undefined {
  if (!/^(\[[0-9a-fA-F:.]+\]|[^:/?@[\]]+):[0-9]+$/.test(target)) return codecErrors.invalidUrl;
  headers.authority = target;
  headers.path = undefined;
  return undefined;
}

function setTarget(
  target: string,
  method: string,
  headers: RequestHeaders,
  allowAbsolute: boolean,
): CodecError | undefined {
  headers.path = target;
  if (target.startsWith('/') || (target.startsWith('*') && method === 'OPTIONS') || !allowAbsolute)
    return undefined;
  const match = /^([A-Za-z]+):\/\/([^/?#]*)(.*)$/.exec(target);
  if (match === null) return codecErrors.invalidUrl;
  const scheme = match[1]!.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') return codecErrors.invalidScheme;
  const host = match[2]!.slice(match[2]!.lastIndexOf('@') + 1);
  const port = /:([0-9]*)$/.exec(host)?.[1];
  if (host === '' || (port !== undefined && Number(port) > 65535)) return codecErrors.invalidUrl;
  headers.scheme = scheme;
  headers.authority = host;
  headers.path = match[3] === '' ? '/' : match[3];
  return undefined;
}
