import { type Entry, entryKey } from './entry.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  /** What is there now; for DELETED what was there, at the version of the deletion. */
  readonly entry: Entry;
  readonly previous: Entry | undefined;
}

export type Listener = (event: StoreEvent) => void;

/** All objects of one resource in key order, and its latest changes. */
export class Collection {
  readonly #entries = new Map<string, Entry>();
  #keys: string[] = [];
  #history: StoreEvent[] = [];
  readonly #capacity: number;
  readonly listeners = new Set<Listener>();
  /** Changes up to this version are forgotten. */
  forgotten: number;

  constructor(capacity: number, forgotten: number) {
    this.#capacity = capacity;
    this.forgotten = forgotten;
  }

  get(namespace: string, name: string): Entry | undefined {
    return this.#entries.get(entryKey(namespace, name));
  }

  get size(): number {
    return this.#keys.length;
  }

  set(entry: Entry): void {
    const key = entry.key;
    if (!this.#entries.has(key)) this.#keys.splice(lowerBound(this.#keys, key), 0, key);
    this.#entries.set(key, entry);
  }

  delete(entry: Entry): void {
    const key = entry.key;
    if (this.#entries.delete(key)) this.#keys.splice(lowerBound(this.#keys, key), 1);
  }

  /** Entries in key order, of one namespace when given, beginning after the key `after`. Read them in one go. */
  *entries(namespace?: string, after?: string): Generator<Entry> {
    const prefix = namespace ? `${namespace}/` : '';
    let at = lowerBound(this.#keys, after !== undefined && after > prefix ? after : prefix);
    if (after !== undefined && this.#keys[at] === after) at++;
    for (; at < this.#keys.length && this.#keys[at]!.startsWith(prefix); at++) {
      yield this.#entries.get(this.#keys[at]!)!;
    }
  }

  /** Makes a durable change known to watchers. */
  publish(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > this.#capacity * 2) {
      this.forgotten = this.#history[this.#history.length - this.#capacity - 1]!.version;
      this.#history = this.#history.slice(-this.#capacity);
    }
    for (const listener of this.listeners) listener(event);
  }

  /** Known changes after `version`. */
  since(version: number): StoreEvent[] {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#history[middle]!.version > version) high = middle;
      else low = middle + 1;
    }
    return this.#history.slice(low);
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
