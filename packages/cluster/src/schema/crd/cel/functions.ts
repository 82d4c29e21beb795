import { isIP } from 'node:net';
import { RE2JS } from 're2js';
import { parseGoDuration } from '../../decode/time.ts';
import {
  addQuantity,
  compareQuantity,
  parseQuantity,
  type Quantity,
  quantityInteger,
  subtractQuantity,
} from '../../quantity.ts';
import * as names from '../../validation/names.ts';
import type { CelFunction, CelLibrary } from './library.ts';

/** Values of Kubernetes' own CEL types travel as maps with one marked entry. */
const marks = { url: '$url', ip: '$ip', cidr: '$cidr', quantity: '$quantity', format: '$format' } as const;

function marked(mark: string, value: string): Map<string, string> {
  return new Map([[mark, value]]);
}

function unmark(target: any, mark: string): string {
  const value = target?.get?.(mark);
  if (typeof value !== 'string') throw new Error('no such overload');
  return value;
}

function conversionError(to: string): Error {
  return new Error(`type conversion error from 'string' to '${to}'`);
}

/** The functions that Kubernetes adds to CEL, and those whose errors it words differently. */
export function kubernetesFunctions(cel: CelLibrary): CelFunction[] {
  return [
    ...conversions(cel),
    ...urls(cel),
    ...addresses(cel),
    ...quantities(cel),
    ...formats(cel),
    ...lists(cel),
    ...regexes(cel),
  ];
}

function conversions({ celFunc, CelScalar }: CelLibrary): CelFunction[] {
  const { STRING, INT, DOUBLE, BOOL, DYN } = CelScalar;
  return [
    celFunc('int', [STRING], INT, (text) => {
      if (!/^[-+]?\d+$/.test(text)) throw conversionError('int');
      return BigInt(text);
    }),
    celFunc('double', [STRING], DOUBLE, (text) => {
      if (text.trim() === '' || Number.isNaN(Number(text))) throw conversionError('double');
      return Number(text);
    }),
    celFunc('bool', [STRING], BOOL, (text) => {
      if (!/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(text)) throw conversionError('bool');
      return /^(1|t|T|TRUE|true|True)$/.test(text);
    }),
    celFunc('isInteger', [STRING], BOOL, (text) => /^[-+]?\d+$/.test(text)),
    celFunc('dyn', [DYN], DYN, (value) => value as any),
  ];
}

function parseUrl(text: string): URL | undefined {
  if (text.startsWith('/')) return URL.parse(text, 'file://') ?? undefined;
  if (!/^[a-zA-Z][-+.a-zA-Z0-9]*:\/\/[^/?#]/.test(text) || /\s/.test(text)) return undefined;
  return URL.parse(text) ?? undefined;
}

function urls({ celFunc, celMethod, CelScalar, mapType, listType }: any): CelFunction[] {
  const { STRING, BOOL, DYN } = CelScalar;
  const read = (name: string, result: unknown, get: (url: URL, text: string) => unknown) =>
    celMethod(name, DYN, [], result, function (this: any) {
      const text = unmark(this, marks.url);
      return get(parseUrl(text)!, text);
    });
  const host = (url: URL) => (url.protocol === 'file:' ? '' : url.host);
  return [
    celFunc('isURL', [STRING], BOOL, (text: string) => parseUrl(text) !== undefined),
    celFunc('url', [STRING], DYN, (text: string) => {
      if (parseUrl(text) === undefined)
        throw new Error(
          `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
        );
      return marked(marks.url, text);
    }),
    read('getScheme', STRING, (url, text) => (text.startsWith('/') ? '' : url.protocol.replace(/:$/, ''))),
    read('getHost', STRING, (url, text) =>
      text.startsWith('/') ? '' : (/^[^:]+:\/\/(?:[^@/]*@)?([^/?#]*)/.exec(text)?.[1] ?? host(url)),
    ),
    read('getHostname', STRING, (url, text) =>
      text.startsWith('/') ? '' : url.hostname.replace(/^\[|\]$/g, ''),
    ),
    read(
      'getPort',
      STRING,
      (_url, text) => /^[^:]+:\/\/(?:[^@/]*@)?(?:\[[^\]]*\]|[^:/?#]*):(\d+)/.exec(text)?.[1] ?? '',
    ),
    read('getEscapedPath', STRING, (url, text) => (/^[^:]+:\/\/[^/?#]*$/.test(text) ? '' : url.pathname)),
    read('getQuery', mapType(STRING, listType(STRING)), (url) => {
      const out = new Map<string, string[]>();
      for (const [key, value] of url.searchParams) out.set(key, [...(out.get(key) ?? []), value]);
      return out;
    }),
  ];
}

function inCidr(cidr: string, address: string): boolean {
  const [base, bits] = cidr.split('/') as [string, string];
  if (isIP(base) !== isIP(address) || isIP(address) === 0) return false;
  const size = isIP(address) === 4 ? 32 : 128;
  const shift = BigInt(size - Number(bits));
  return addressNumber(base) >> shift === addressNumber(address) >> shift;
}

function addressNumber(address: string): bigint {
  if (isIP(address) === 4)
    return BigInt(address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : new Array(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].reduce(
    (sum, part) => (sum << 16n) + BigInt(Number.parseInt(part, 16)),
    0n,
  );
}

function isCidr(text: string): boolean {
  const match = /^(.+)\/(\d{1,3})$/.exec(text);
  const version = match === null ? 0 : isIP(match[1]!);
  return version !== 0 && Number(match![2]) <= (version === 4 ? 32 : 128);
}

function addresses({ celFunc, celMethod, CelScalar }: any): CelFunction[] {
  const { STRING, BOOL, INT, DYN } = CelScalar;
  return [
    celFunc('isIP', [STRING], BOOL, (text: string) => isIP(text) !== 0),
    celFunc('isCIDR', [STRING], BOOL, isCidr),
    celFunc('ip', [STRING], DYN, (text: string) => {
      if (isIP(text) === 0)
        throw new Error(
          `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
        );
      return marked(marks.ip, text);
    }),
    celFunc(
      'ip.isCanonical',
      [STRING],
      BOOL,
      (text: string) => isIP(text) === 4 || text === text.toLowerCase(),
    ),
    celFunc('cidr', [STRING], DYN, (text: string) => {
      if (!isCidr(text))
        throw new Error(
          `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no '/'`,
        );
      return marked(marks.cidr, text);
    }),
    celMethod('family', DYN, [], INT, function (this: any) {
      return BigInt(isIP(unmark(this, marks.ip)));
    }),
    celMethod('isLoopback', DYN, [], BOOL, function (this: any) {
      const text = unmark(this, marks.ip);
      return text.startsWith('127.') || text === '::1';
    }),
    celMethod('isUnspecified', DYN, [], BOOL, function (this: any) {
      return ['0.0.0.0', '::'].includes(unmark(this, marks.ip));
    }),
    celMethod('containsIP', DYN, [DYN], BOOL, function (this: any, address: any) {
      const text = typeof address === 'string' ? address : unmark(address, marks.ip);
      return inCidr(unmark(this, marks.cidr), text);
    }),
    celMethod('prefixLength', DYN, [], INT, function (this: any) {
      return BigInt(unmark(this, marks.cidr).split('/')[1]!);
    }),
  ];
}

function quantities({ celFunc, celMethod, CelScalar }: any): CelFunction[] {
  const { STRING, BOOL, INT, DOUBLE, DYN } = CelScalar;
  const of = (value: any): Quantity =>
    parseQuantity(typeof value === 'bigint' ? String(value) : unmark(value, marks.quantity))!;
  const text = (quantity: Quantity) => marked(marks.quantity, `${quantity.nano}n`);
  const compare = (name: string, test: (order: number) => boolean) =>
    celMethod(name, DYN, [DYN], BOOL, function (this: any, other: any) {
      return test(compareQuantity(of(this), of(other)));
    });
  return [
    celFunc('isQuantity', [STRING], BOOL, (value: string) => parseQuantity(value) !== undefined),
    celFunc('quantity', [STRING], DYN, (value: string) => {
      if (parseQuantity(value) === undefined)
        throw new Error(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      return marked(marks.quantity, value);
    }),
    compare('isGreaterThan', (order) => order > 0),
    compare('isLessThan', (order) => order < 0),
    celMethod('compareTo', DYN, [DYN], INT, function (this: any, other: any) {
      return BigInt(compareQuantity(of(this), of(other)));
    }),
    celMethod('asInteger', DYN, [], INT, function (this: any) {
      return quantityInteger(of(this));
    }),
    celMethod('asApproximateFloat', DYN, [], DOUBLE, function (this: any) {
      return Number(of(this).nano) / 1e9;
    }),
    celMethod('sign', DYN, [], INT, function (this: any) {
      const { nano } = of(this);
      return nano > 0n ? 1n : nano < 0n ? -1n : 0n;
    }),
    celMethod('add', DYN, [DYN], DYN, function (this: any, other: any) {
      return text(addQuantity(of(this), of(other)));
    }),
    celMethod('sub', DYN, [DYN], DYN, function (this: any, other: any) {
      return text(subtractQuantity(of(this), of(other)));
    }),
  ];
}

const namedFormats: Readonly<Record<string, (text: string) => string[]>> = {
  dns1123Label: names.isDns1123Label,
  dns1123Subdomain: names.isDns1123Subdomain,
  dns1035Label: names.isDns1035Label,
  qualifiedName: names.isQualifiedName,
  labelValue: names.isLabelValue,
  dns1123LabelPrefix: (text) => names.isDns1123Label(names.maskTrailingDash(text)),
  dns1123SubdomainPrefix: (text) => names.isDns1123Subdomain(names.maskTrailingDash(text)),
  dns1035LabelPrefix: (text) => names.isDns1035Label(names.maskTrailingDash(text)),
  uri: (text) => (parseUrl(text) === undefined ? ['invalid URI'] : []),
  uuid: (text) =>
    /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text) ? [] : ['does not match the UUID format'],
  byte: (text) => (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0 ? [] : ['invalid base64']),
  date: (text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? [] : ['invalid date']),
  datetime: (text) => (Number.isNaN(Date.parse(text)) ? ['invalid datetime'] : []),
};

function formats({ celFunc, celMethod, CelScalar }: any): CelFunction[] {
  const { STRING, DYN } = CelScalar;
  return [
    ...Object.keys(namedFormats).map((name) =>
      celFunc(`format.${name}`, [], DYN, () => marked(marks.format, name)),
    ),
    celMethod('validate', DYN, [STRING], DYN, function (this: any, text: string) {
      const problems = namedFormats[unmark(this, marks.format)]!(text);
      return marked('$problems', problems.join('\n'));
    }),
    celMethod('hasValue', DYN, [], CelScalar.BOOL, function (this: any) {
      return unmark(this, '$problems') !== '';
    }),
    celMethod('value', DYN, [], DYN, function (this: any) {
      return unmark(this, '$problems').split('\n');
    }),
  ];
}

function order(a: any, b: any): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lists({ celFunc, celMethod, CelScalar }: any): CelFunction[] {
  const { BOOL, INT, DYN } = CelScalar;
  const items = (list: any): any[] => {
    if (typeof list?.[Symbol.iterator] !== 'function' || typeof list === 'string')
      throw new Error('no such overload');
    return [...list];
  };
  const method = (name: string, result: unknown, run: (list: any[]) => unknown) =>
    celMethod(name, DYN, [], result, function (this: any) {
      return run(items(this));
    });
  const index = (name: string, find: (list: any[], value: unknown) => number) =>
    celMethod(name, DYN, [DYN], INT, function (this: any, value: any) {
      return BigInt(typeof this === 'string' ? find([this], value) : find(items(this), value));
    });
  const has = (list: any[], value: unknown) => list.includes(value);
  return [
    method('isSorted', BOOL, (list) => list.every((item, at) => at === 0 || order(list[at - 1], item) <= 0)),
    method('sum', DYN, (list) => list.slice(1).reduce((sum, item) => sum + item, list[0] ?? 0n)),
    method('min', DYN, (list) => list.toSorted(order)[0]),
    method('max', DYN, (list) => list.toSorted(order).at(-1)),
    index('indexOf', (list, value) =>
      typeof list[0] === 'string' && list.length === 1 && typeof value === 'string' && list[0] !== value
        ? list[0].indexOf(value)
        : list.indexOf(value),
    ),
    index('lastIndexOf', (list, value) =>
      typeof list[0] === 'string' && list.length === 1 && typeof value === 'string' && list[0] !== value
        ? list[0].lastIndexOf(value)
        : list.lastIndexOf(value),
    ),
    celFunc('sets.contains', [DYN, DYN], BOOL, (a: any, b: any) =>
      items(b).every((value) => has(items(a), value)),
    ),
    celFunc('sets.intersects', [DYN, DYN], BOOL, (a: any, b: any) =>
      items(b).some((value) => has(items(a), value)),
    ),
    celFunc(
      'sets.equivalent',
      [DYN, DYN],
      BOOL,
      (a: any, b: any) =>
        items(b).every((value) => has(items(a), value)) && items(a).every((value) => has(items(b), value)),
    ),
  ];
}

function regexes({ celMethod, CelScalar, listType }: any): CelFunction[] {
  const { STRING, INT } = CelScalar;
  const all = (text: string, pattern: string, limit: number): string[] => {
    const matcher = RE2JS.compile(pattern).matcher(text);
    const found: string[] = [];
    while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '');
    return found;
  };
  return [
    celMethod('find', STRING, [STRING], STRING, function (this: any, pattern: string) {
      return all(this, pattern, 1)[0] ?? '';
    }),
    celMethod('findAll', STRING, [STRING], listType(STRING), function (this: any, pattern: string) {
      return all(this, pattern, Number.POSITIVE_INFINITY);
    }),
    celMethod(
      'findAll',
      STRING,
      [STRING, INT],
      listType(STRING),
      function (this: any, pattern: string, limit: bigint) {
        return all(this, pattern, limit < 0n ? Number.POSITIVE_INFINITY : Number(limit));
      },
    ),
  ];
}

/** Nanoseconds of a duration in Go's notation; throws as cel-go words it. */
export function durationNanos(text: string): number {
  const nanos = parseGoDuration(text);
  if (nanos === undefined) throw conversionError('google.protobuf.Duration');
  return nanos;
}
