import { xxHash64 } from '../hash.ts';
import type { UpstreamHost } from '../host.ts';
import { type HashTable, tableKey, type WeightedHost } from './consistent.ts';

interface Entry {
  readonly host: UpstreamHost;
  readonly offset: number;
  readonly skip: number;
  readonly weight: number;
  target: number;
  next: number;
}

/** A Maglev table of `size` (prime) places; hosts take turns in the order of their keys. */
export function buildMaglev(hosts: readonly WeightedHost[], size: number, byHostname: boolean): HashTable {
  if (hosts.length === 0) return { choose: () => undefined };
  const entries = hosts
    .map(({ host, weight }) => ({ key: tableKey(host, byHostname), host, weight }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, host, weight }): Entry => {
      const offset = Number(xxHash64(key) % BigInt(size));
      const skip = Number(xxHash64(key, 1n) % BigInt(size - 1)) + 1;
      return { host, offset, skip, weight, target: 0, next: 0 };
    });
  const table = fill(entries, size);
  return {
    choose: (hash, attempt) => {
      const mixed = attempt > 0 ? BigInt.asUintN(64, hash ^ ~BigInt(attempt - 1)) : hash;
      return entries[table[Number(mixed % BigInt(size))]!]!.host;
    },
  };
}

function fill(entries: readonly Entry[], size: number): Int32Array {
  const table = new Int32Array(size).fill(-1);
  const heaviest = Math.max(...entries.map((entry) => entry.weight));
  let filled = 0;
  for (let iteration = 1; filled < size; iteration++) {
    for (const [index, entry] of entries.entries()) {
      if (filled >= size) break;
      if (iteration * entry.weight < entry.target) continue;
      entry.target += heaviest;
      let place = permutation(entry, size);
      while (table[place] !== -1) {
        entry.next++;
        place = permutation(entry, size);
      }
      table[place] = index;
      entry.next++;
      filled++;
    }
  }
  return table;
}

const permutation = (entry: Entry, size: number) => (entry.offset + entry.skip * entry.next) % size;
