import { murmurHash64, xxHash64 } from '../hash.ts';
import type { UpstreamHost } from '../host.ts';
import { type HashTable, tableKey, type WeightedHost } from './consistent.ts';

export interface RingOptions {
  readonly minimum: number;
  readonly maximum: number;
  readonly murmur: boolean;
  readonly byHostname: boolean;
}

/** A ketama ring whose size is the least that gives the lightest host a whole number of places. */
export function buildRing(hosts: readonly WeightedHost[], options: RingOptions): HashTable {
  if (hosts.length === 0) return { choose: () => undefined };
  const lightest = Math.min(...hosts.map((entry) => entry.weight));
  const scale = Math.min(Math.ceil(lightest * options.minimum) / lightest, options.maximum);
  const hashKey = options.murmur ? murmurHash64 : xxHash64;
  const places: { readonly hash: bigint; readonly host: UpstreamHost }[] = [];
  let placed = 0;
  let target = 0;
  for (const { host, weight } of hosts) {
    const key = tableKey(host, options.byHostname);
    target += scale * weight;
    for (let i = 0; placed < target; i++, placed++) places.push({ hash: hashKey(`${key}_${i}`), host });
  }
  places.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  const hashes = BigUint64Array.from(places, (place) => place.hash);
  const owners = places.map((place) => place.host);
  return { choose: (hash, attempt) => owners[(lowerBound(hashes, hash) + attempt) % owners.length] };
}

/** The first place at or after `hash`, around the ring. */
function lowerBound(hashes: BigUint64Array, hash: bigint): number {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hashes[middle]! < hash) low = middle + 1;
    else high = middle;
  }
  return low === hashes.length ? 0 : low;
}
