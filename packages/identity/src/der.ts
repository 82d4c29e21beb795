/** Distinguished encoding: just what certificates and signing requests need. */

function header(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([tag, 0x80 | bytes.length, ...bytes]);
}

/** One element with the given identifier octet. */
export function element(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([header(tag, body.length), body]);
}

export const sequence = (...items: Uint8Array[]): Buffer => element(0x30, ...items);
export const setOf = (...items: Uint8Array[]): Buffer => element(0x31, ...items);
export const octetString = (content: Uint8Array): Buffer => element(0x04, content);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
/** Context-specific, constructed: `[number] EXPLICIT`. */
export const explicit = (number: number, ...content: Uint8Array[]): Buffer =>
  element(0xa0 | number, ...content);
/** Context-specific, primitive: `[number] IMPLICIT` of a primitive type. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);

/** A bit string; `unused` counts the unused bits of the last octet. */
export function bitString(content: Uint8Array, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), content);
}

/** A non-negative integer from its big-endian octets. */
export function unsignedInteger(octets: Uint8Array): Buffer {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const trimmed = octets.subarray(start);
  return (trimmed[0] ?? 0) & 0x80 ? element(0x02, Buffer.from([0]), trimmed) : element(0x02, trimmed);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second];
  for (const arc of rest) {
    const group = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) {
      group.unshift((high & 0x7f) | 0x80);
    }
    octets.push(...group);
  }
  return element(0x06, Buffer.from(octets));
}

/** UTCTime until 2049, GeneralizedTime afterwards, as RFC 5280 wants it. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return at.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(0x18, Buffer.from(`${digits}Z`));
}
