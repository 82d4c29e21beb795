import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseCidr, toAddress, toNumber } from './addresses.ts';

interface Saved {
  /** The address given out last. */
  last: string;
  pods: Record<string, string>;
}

/**
 * Addresses of pods, kept in a file: a pod keeps its address when the node restarts, and a freed address is not given
 * out again until all others were, so that nobody's stale connection or cache meets another pod.
 */
export class Ipam {
  readonly #file: string;
  readonly #range: { first: number; last: number };
  readonly #used = new Set<string>();
  #saved: Saved;

  constructor(file: string, podCidr: string) {
    this.#file = file;
    this.#range = parseCidr(podCidr);
    this.#saved = this.#load();
    for (const address of Object.values(this.#saved.pods)) this.#used.add(address);
  }

  /** The node's own address: the first of the range. */
  get gateway(): string {
    return toAddress(this.#range.first + 1);
  }

  /** The pod's address, a new one when it has none yet. Throws when the range is used up. */
  allocate(podUid: string): string {
    const known = this.#saved.pods[podUid];
    if (known) return known;
    const address = this.#next();
    this.#used.add(address);
    this.#saved = { last: address, pods: { ...this.#saved.pods, [podUid]: address } };
    this.#store();
    return address;
  }

  release(podUid: string): void {
    const address = this.#saved.pods[podUid];
    if (!address) return;
    this.#used.delete(address);
    const { [podUid]: _, ...pods } = this.#saved.pods;
    this.#saved = { ...this.#saved, pods };
    this.#store();
  }

  /** Forgets every pod that is not in `podUids`. */
  retain(podUids: ReadonlySet<string>): void {
    for (const uid of Object.keys(this.#saved.pods)) if (!podUids.has(uid)) this.release(uid);
  }

  #next(): string {
    const lowest = this.#range.first + 2;
    const highest = this.#range.last - 1;
    const start = Math.max(lowest, toNumber(this.#saved.last) + 1);
    for (let step = 0; step <= highest - lowest; step++) {
      const value = lowest + ((start - lowest + step) % (highest - lowest + 1));
      const address = toAddress(value);
      if (!this.#used.has(address)) return address;
    }
    throw new Error('no pod address is free: delete pods');
  }

  #load(): Saved {
    const empty = { last: toAddress(this.#range.first + 1), pods: {} };
    try {
      const saved = JSON.parse(readFileSync(this.#file, 'utf8')) as Saved;
      const inRange = (address: string) =>
        toNumber(address) > this.#range.first && toNumber(address) < this.#range.last;
      const pods = Object.entries(saved.pods).filter(([, address]) => inRange(address));
      return { last: inRange(saved.last) ? saved.last : empty.last, pods: Object.fromEntries(pods) };
    } catch {
      return empty;
    }
  }

  #store(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#saved));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
