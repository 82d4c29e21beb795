import { BlockList, isIP } from 'node:net';
import type { Message } from '../types.ts';

/** Tells whether an address is in a set of ranges. Anything that is no address is in none. */
export type AddressSet = (address: string) => boolean;

export function compileAddressSet(ranges: readonly Message[]): AddressSet {
  if (ranges.length === 0) return () => false;
  const list = new BlockList();
  for (const range of ranges) {
    const family = isIP(range.addressPrefix) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(range.addressPrefix, range.prefixLen ?? 0, family);
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
