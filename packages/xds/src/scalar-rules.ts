import { isIP } from 'node:net';
import type { Kind, Rules } from './schema.ts';
import { parseDuration } from './wire/well-known.ts';

const headerName = /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/;
const headerValue = /^[^\u0000-\u0008\u000A-\u001F\u007F]*$/;
const looseHeader = /^[^\u0000\u000A\u000D]*$/;
const hostName =
  /^(?=.{1,253}\.?$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i;

/** What is wrong with `value` by protoc-gen-validate's rules for its kind, in its words; `undefined` when nothing is. */
export function checkScalar(
  kind: Kind | 'duration',
  rules: Rules | undefined,
  value: any,
): string | undefined {
  if (!rules) return undefined;
  switch (kind) {
    case 'string':
      return checkString(rules, value);
    case 'bytes':
      return checkLength(rules, Buffer.from(value, 'base64').length, 'bytes');
    case 'bool':
      return rules.const !== undefined && rules.const !== value
        ? `value must equal ${rules.const}`
        : undefined;
    case 'duration':
      return checkDuration(rules, value);
    case 'message':
    case 'enum':
      return undefined;
    default:
      return checkNumber(rules, Number(value));
  }
}

function checkLength(rules: Rules, length: number, unit: string): string | undefined {
  if (rules.ignoreEmpty && length === 0) return undefined;
  if (rules.len !== undefined && length !== Number(rules.len))
    return `value length must be ${rules.len} ${unit}`;
  const short = rules.minLen !== undefined && length < Number(rules.minLen);
  const long = rules.maxLen !== undefined && length > Number(rules.maxLen);
  if (!short && !long) return undefined;
  if (rules.minLen !== undefined && rules.maxLen !== undefined) {
    return `value length must be between ${rules.minLen} and ${rules.maxLen} ${unit}, inclusive`;
  }
  return short
    ? `value length must be at least ${rules.minLen} ${unit}`
    : `value length must be at most ${rules.maxLen} ${unit}`;
}

function checkString(rules: Rules, value: string): string | undefined {
  if (rules.ignoreEmpty && value === '') return undefined;
  return (
    checkLength({ ...rules, len: rules.len }, [...value].length, 'characters') ??
    checkLength(
      { len: rules.lenBytes, minLen: rules.minBytes, maxLen: rules.maxBytes },
      Buffer.byteLength(value),
      'bytes',
    ) ??
    checkContent(rules, value) ??
    checkForm(rules, value)
  );
}

const quoted = (list: readonly string[]) => `[${list.map((word) => `"${word}"`).join(' ')}]`;

function checkContent(rules: Rules, value: string): string | undefined {
  if (rules.const !== undefined && value !== rules.const) return `value must equal "${rules.const}"`;
  if (rules.prefix !== undefined && !value.startsWith(rules.prefix))
    return `value does not have prefix "${rules.prefix}"`;
  if (rules.suffix !== undefined && !value.endsWith(rules.suffix))
    return `value does not have suffix "${rules.suffix}"`;
  if (rules.contains !== undefined && !value.includes(rules.contains)) {
    return `value does not contain substring "${rules.contains}"`;
  }
  if (rules.notContains !== undefined && value.includes(rules.notContains)) {
    return `value contains substring "${rules.notContains}"`;
  }
  if (rules.in && !rules.in.includes(value)) return `value must be in list ${quoted(rules.in)}`;
  if (rules.notIn?.includes(value)) return `value must not be in list ${quoted(rules.notIn)}`;
  return undefined;
}

function checkForm(rules: Rules, value: string): string | undefined {
  const known = rules.wellKnownRegex && wellKnown(rules);
  const pattern: RegExp | undefined =
    known || (rules.pattern !== undefined ? new RegExp(rules.pattern, 'u') : undefined);
  if (pattern && !pattern.test(value))
    return `value does not match regex pattern "${rules.pattern ?? pattern.source}"`;
  if (rules.address && isIP(value) === 0 && !hostName.test(value))
    return 'value must be a valid hostname, or ip address';
  if (rules.hostname && !hostName.test(value)) return 'value must be a valid hostname';
  if (rules.ip && isIP(value) === 0) return 'value must be a valid IP address';
  if (rules.ipv4 && isIP(value) !== 4) return 'value must be a valid IPv4 address';
  if (rules.ipv6 && isIP(value) !== 6) return 'value must be a valid IPv6 address';
  if (rules.uri && !URL.canParse(value)) return 'value must be a valid absolute URI';
  return undefined;
}

function wellKnown(rules: Rules): RegExp {
  if (rules.strict === false) return looseHeader;
  return rules.wellKnownRegex === 'HTTP_HEADER_NAME' ? headerName : headerValue;
}

const number = (value: unknown) => (value === undefined ? undefined : Number(value));

function checkNumber(rules: Rules, value: number): string | undefined {
  if (rules.ignoreEmpty && value === 0) return undefined;
  if (rules.const !== undefined && value !== Number(rules.const)) return `value must equal ${rules.const}`;
  if (rules.in && !rules.in.map(Number).includes(value))
    return `value must be in list [${rules.in.join(' ')}]`;
  if (rules.notIn?.map(Number).includes(value)) return `value must not be in list [${rules.notIn.join(' ')}]`;
  return checkRange(rules, value, number);
}

const nanoseconds = (text: string | undefined): number | undefined => {
  const duration = text === undefined ? undefined : parseDuration(text);
  return duration && Number(duration.seconds) * 1e9 + duration.nanos;
};

function checkDuration(rules: Rules, value: string): string | undefined {
  return checkRange(rules, nanoseconds(value) ?? 0, nanoseconds);
}

/** PGV reads a lower bound above the upper one as "outside of". */
function checkRange(
  rules: Rules,
  value: number,
  read: (bound: any) => number | undefined,
): string | undefined {
  const [gt, gte, lt, lte] = [read(rules.gt), read(rules.gte), read(rules.lt), read(rules.lte)];
  const aboveLow = (gt === undefined || value > gt) && (gte === undefined || value >= gte);
  const belowHigh = (lt === undefined || value < lt) && (lte === undefined || value <= lte);
  const [low, high] = [gt ?? gte, lt ?? lte];
  if (low !== undefined && high !== undefined) {
    const range = `${gt !== undefined ? '(' : '['}${rules.gt ?? rules.gte}, ${rules.lt ?? rules.lte}${lt !== undefined ? ')' : ']'}`;
    if (low > high) return aboveLow || belowHigh ? undefined : `value must be outside range ${range}`;
    return aboveLow && belowHigh ? undefined : `value must be inside range ${range}`;
  }
  if (!aboveLow)
    return `value must be greater than ${gt === undefined ? 'or equal to ' : ''}${rules.gt ?? rules.gte}`;
  if (!belowHigh)
    return `value must be less than ${lt === undefined ? 'or equal to ' : ''}${rules.lt ?? rules.lte}`;
  return undefined;
}
