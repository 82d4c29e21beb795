/** IPv4 arithmetic on dotted text. */

export function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** The first and last address of a range such as `10.244.0.0/16`. Throws when it is not one. */
export function parseCidr(cidr: string): { first: number; last: number; bits: number } {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
  const bits = Number(match?.[2]);
  if (!match || bits > 32) throw new Error(`"${cidr}" is no IPv4 range such as 10.244.0.0/16`);
  const size = 2 ** (32 - bits);
  const first = Math.floor(toNumber(match[1]!) / size) * size;
  return { first, last: first + size - 1, bits };
}

export function contains(cidr: string, address: string): boolean {
  const { first, last } = parseCidr(cidr);
  const value = toNumber(address);
  return value >= first && value <= last;
}
