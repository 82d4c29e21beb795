import { randomInt } from 'node:crypto';

/** Numbers of a range, each held by at most one owner. */
export class NumberPool {
  readonly first: number;
  readonly last: number;
  /** Numbers below are only given to those who ask for them by name. */
  readonly #dynamicFrom: number;
  readonly #owners = new Map<number, string>();

  constructor(first: number, last: number, reserved: number) {
    this.first = first;
    this.last = last;
    this.#dynamicFrom = Math.min(first + reserved, last);
  }

  contains(value: number): boolean {
    return value >= this.first && value <= this.last;
  }

  /** False when somebody else has it. */
  take(value: number, owner: string): boolean {
    const holder = this.#owners.get(value);
    if (holder !== undefined && holder !== owner) return false;
    this.#owners.set(value, owner);
    return true;
  }

  owner(value: number): string | undefined {
    return this.#owners.get(value);
  }

  /** Any free number; undefined when there is none. */
  takeAny(owner: string): number | undefined {
    const size = this.last - this.#dynamicFrom + 1;
    const start = randomInt(size);
    for (let step = 0; step < Math.min(size, 100_000); step++) {
      const value = this.#dynamicFrom + ((start + step) % size);
      if (this.#owners.has(value)) continue;
      this.#owners.set(value, owner);
      return value;
    }
    return undefined;
  }

  release(value: number, owner: string): void {
    if (this.#owners.get(value) === owner) this.#owners.delete(value);
  }
}

/** A range of IPv4 addresses as numbers. */
export function parseCidr(cidr: string): { first: number; last: number } {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
  if (!match) throw new Error(`${JSON.stringify(cidr)} is no IPv4 range such as 10.96.0.0/12`);
  const size = 2 ** (32 - Number(match[2]));
  const base = Math.floor(addressNumber(match[1]!)! / size) * size;
  return { first: base + 1, last: base + size - 2 };
}

/** An IPv4 address as a number; undefined when it is none. */
export function addressNumber(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((value, part) => value * 256 + part, 0);
}

export function addressText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
