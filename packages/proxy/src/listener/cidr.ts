import { isIPv4, isIPv6 } from 'node:net';

/** An address prefix; `length` counts bits. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly length: number;
}

/** The 32 or 128 bits of an address; undefined when it is none. */
export function addressBits(address: string): { readonly family: 4 | 6; readonly bits: bigint } | undefined {
  if (isIPv4(address)) return { family: 4, bits: v4Bits(address) };
  if (!isIPv6(address)) return undefined;
  const plain = address.split('%', 1)[0]!;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain);
  return mapped ? { family: 4, bits: v4Bits(mapped[1]!) } : { family: 6, bits: v6Bits(plain) };
}

function v4Bits(address: string): bigint {
  return address.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

function v6Bits(address: string): bigint {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const text = dotted ? address.replace(dotted[1]!, dottedGroups(dotted[1]!)) : address;
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function dottedGroups(address: string): string {
  const bits = v4Bits(address);
  return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
}

/** `10.0.0.0/8`; undefined when malformed. A length beyond the address is the whole address. */
export function parsePrefix(address: string, wanted: number): Prefix | undefined {
  const parsed = addressBits(address);
  if (!parsed) return undefined;
  const width = parsed.family === 4 ? 32 : 128;
  const length = Math.min(width, Math.max(0, wanted));
  const shift = BigInt(width - length);
  return { family: parsed.family, bits: (parsed.bits >> shift) << shift, length };
}

export function prefixContains(
  prefix: Prefix,
  address: { readonly family: 4 | 6; readonly bits: bigint },
): boolean {
  if (prefix.family !== address.family) return false;
  const shift = BigInt((prefix.family === 4 ? 32 : 128) - prefix.length);
  return address.bits >> shift === prefix.bits >> shift;
}
