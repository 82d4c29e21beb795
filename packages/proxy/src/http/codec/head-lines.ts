import type { HeaderList } from '../header-list.ts';
import { type CodecError, codecErrors } from './head-error.ts';
import { HeaderId, type NameTable, tokenLower } from './names.ts';

/** What the header lines said about connection and framing. Host, Connection, Transfer-Encoding and Keep-Alive stand only here. */
export class HeadFacts {
  /** -1 when there is no Content-Length. */
  contentLength = -1;
  transferEncoding: string | undefined = undefined;
  host: string | undefined = undefined;
  connection: string | undefined = undefined;
  upgrade: string | undefined = undefined;
  expect: string | undefined = undefined;
  te: string | undefined = undefined;
  /** Index behind the empty line. */
  end = -1;
}

export interface HeaderLimits {
  /** Bytes of the whole head. */
  readonly maxBytes: number;
  readonly maxCount: number;
  readonly underscores: 'ALLOW' | 'REJECT_REQUEST' | 'DROP_HEADER';
  /** Remembers the case of names as they came. */
  readonly preserveCase: boolean;
}

const suspicious = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]/;
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** Index just behind the first empty line of `text` from `from` on, or -1 when none has come yet. */
export function endOfHead(text: string, from: number): number {
  const crlf = text.indexOf('\n\r\n', from);
  const lf = text.indexOf('\n\n', from);
  if (lf >= 0 && (crlf < 0 || lf < crlf)) return lf + 2;
  return crlf < 0 ? -1 : crlf + 3;
}

/** True when an empty line has come, wherever it is. */
export function headIsComplete(text: string, from: number): boolean {
  return text.indexOf('\n\r\n', from) >= 0 || text.indexOf('\n\n', from) >= 0;
}

/** The fault of a complete head that has one: forbidden characters are told before all else. */
export function worstFault(text: string, fault: CodecError): CodecError {
  const end = endOfHead(text, 0);
  if (fault.status !== 400) return fault;
  return end >= 0 && forbidden.test(text.slice(0, end)) ? codecErrors.invalidCharacters : fault;
}

/**
 * Reads the header lines of a complete head from `start`, the index behind its first line, into `list` and `facts`; in
 * trailers no name has a meaning.
 * Returns the fault that stands in the way, if any.
 */
export function parseHeaderLines(
  text: string,
  start: number,
  names: NameTable,
  limits: HeaderLimits,
  list: HeaderList,
  facts: HeadFacts,
  trailers = false,
): CodecError | undefined {
  const headNumber = names.nextHead();
  let position = start;
  let count = 0;
  for (;;) {
    let newline = text.indexOf('\n', position);
    const lineEnd = newline > position && text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
    if (lineEnd === position) {
      facts.end = newline + 1;
      break;
    }
    let hash = 0;
    let underscore = false;
    let colon = position;
    for (; ; colon++) {
      const code = text.charCodeAt(colon);
      if (code === 58) break;
      const lower = tokenLower[code];
      if (lower === 0 || lower === undefined) return worstFault(text, codecErrors.codec);
      if (lower === 95) underscore = true;
      hash = (Math.imul(hash, 31) + lower) | 0;
    }
    if (colon === position) return worstFault(text, codecErrors.codec);
    let value: string;
    const next = text.charCodeAt(newline + 1);
    if (next === 32 || next === 9) {
      newline = endOfFold(text, newline);
      value = trimBlanks(text.slice(colon + 1, newline).replace(/[\r\n]/g, ''));
    } else {
      value = trimmed(text, colon + 1, lineEnd);
    }
    if (++count > limits.maxCount) return codecErrors.tooManyHeaders;
    if (underscore && limits.underscores !== 'ALLOW') {
      if (limits.underscores === 'REJECT_REQUEST') return worstFault(text, codecErrors.invalidUnderscore);
    } else {
      const entry = names.lookup(text, position, colon, hash);
      const duplicate = entry.lastHead === headNumber;
      entry.lastHead = headNumber;
      if (limits.preserveCase) list.rememberCase(entry.name, text.slice(position, colon));
      const fault =
        trailers || entry.id === HeaderId.other ? undefined : noteSpecial(entry.id, value, duplicate, facts);
      if (fault !== undefined) return worstFault(text, fault);
      if (trailers || isListed(entry.id)) {
        if (duplicate && entry.joined) list.join(entry.name, value);
        else list.list.push(entry.name, value);
      }
    }
    position = newline + 1;
  }
  return checkText(text, start, limits, list, facts);
}

function checkText(
  text: string,
  start: number,
  limits: HeaderLimits,
  list: HeaderList,
  facts: HeadFacts,
): CodecError | undefined {
  if (facts.end > limits.maxBytes) return codecErrors.headersTooLarge;
  const head = facts.end === text.length ? text : text.slice(0, facts.end);
  if (!suspicious.test(head)) return undefined;
  if (forbidden.test(head)) return codecErrors.invalidCharacters;
  if (/\r[^\n]/.test(text.slice(0, start))) return codecErrors.codec;
  const parts = list.list;
  for (let i = 1; i < parts.length; i += 2) parts[i] = trimBlanks(parts[i]!.replaceAll('\r', ''));
  return undefined;
}

function isListed(id: number): boolean {
  return (
    id === HeaderId.other ||
    (id !== HeaderId.host &&
      id !== HeaderId.connection &&
      id !== HeaderId.transferEncoding &&
      id !== HeaderId.hopByHop)
  );
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The newline that ends the last continuation line. */
function endOfFold(text: string, firstNewline: number): number {
  let newline = firstNewline;
  for (;;) {
    const next = text.charCodeAt(newline + 1);
    if (next !== 32 && next !== 9) return newline;
    newline = text.indexOf('\n', newline + 1);
  }
}

/** Without leading and trailing spaces and tabs. */
export function trimBlanks(value: string): string {
  return trimmed(value, 0, value.length);
}

function noteSpecial(
  id: number,
  value: string,
  duplicate: boolean,
  facts: HeadFacts,
): CodecError | undefined {
  switch (id) {
    case HeaderId.contentLength:
      if (duplicate || !/^[0-9]+$/.test(value)) return codecErrors.codec;
      facts.contentLength = Number(value);
      return Number.isSafeInteger(facts.contentLength) ? undefined : codecErrors.codec;
    case HeaderId.transferEncoding:
      if (duplicate) return codecErrors.transferEncoding;
      facts.transferEncoding = value;
      return undefined;
    case HeaderId.host:
      facts.host = joined(duplicate, facts.host, value);
      return undefined;
    case HeaderId.connection:
      facts.connection = joined(duplicate, facts.connection, value);
      return undefined;
    case HeaderId.upgrade:
      facts.upgrade = joined(duplicate, facts.upgrade, value);
      return undefined;
    case HeaderId.expect:
      facts.expect = joined(duplicate, facts.expect, value);
      return undefined;
    case HeaderId.te:
      facts.te = joined(duplicate, facts.te, value);
      return undefined;
    default:
      return undefined;
  }
}

function joined(duplicate: boolean, before: string | undefined, value: string): string {
  return duplicate ? `${before},${value}` : value;
}
