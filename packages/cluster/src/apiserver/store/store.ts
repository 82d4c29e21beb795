import type { KubeObject } from '@lateen/kube/types';
import { Collection, type Listener, type StoreEvent } from './collection.ts';
import { Entry } from './entry.ts';
import { Journal } from './journal.ts';

export interface StoreOptions {
  /** Changes per resource that watchers can still ask for. */
  readonly history?: number;
  /** Log size in bytes from which on it is compacted. */
  readonly compactAt?: number;
}

/** The write expected another version of the object than is there. `current` is absent when nothing is there. */
export class StoreConflict extends Error {
  readonly current: Entry | undefined;
  constructor(current: Entry | undefined) {
    super('the stored object has another version');
    this.current = current;
  }
}

interface StoredRecord {
  r: string;
  n: string;
  m: string;
  v: number;
  o?: KubeObject;
}

/** After a restart versions jump by this much, so that none that a lost write had is used again. */
const restartGap = 1000;

/**
 * The objects of all resources: in memory for reading, in a journal on disk for safety. Reads see a write at once;
 * its promise resolves, and watchers hear of it, when it is on the disk. Versions only grow, over restarts too.
 */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #history: number;
  readonly #compactAt: number;
  #journal!: Journal;
  #version = 0;
  #durable = 0;
  #compacting: Promise<void> | undefined;
  #onFailure: (error: Error) => void = () => {};
  readonly #observers = new Set<(resource: string, event: StoreEvent) => void>();

  private constructor(options: StoreOptions) {
    this.#history = options.history ?? 1000;
    this.#compactAt = options.compactAt ?? 16 * 1024 * 1024;
  }

  static open(directory: string, options: StoreOptions = {}): Store {
    const store = new Store(options);
    store.#journal = Journal.open(directory, (payload) => store.#replay(JSON.parse(payload)));
    if (store.#version > 0) store.#version += restartGap;
    store.#durable = store.#version;
    for (const collection of store.#collections.values()) collection.forgotten = store.#version;
    return store;
  }

  /** The version of the latest write. */
  get version(): number {
    return this.#version;
  }

  /** The version up to which watchers know everything. */
  get durableVersion(): number {
    return this.#durable;
  }

  onFailure(listener: (error: Error) => void): void {
    this.#onFailure = listener;
  }

  collection(resource: string): Collection {
    let collection = this.#collections.get(resource);
    if (!collection) {
      collection = new Collection(this.#history, this.#durable);
      this.#collections.set(resource, collection);
    }
    return collection;
  }

  /**
   * Writes what `build` makes of the next version. `expected` is the entry that must be there now (undefined: nothing);
   * otherwise throws a StoreConflict, before anything is changed.
   */
  put(
    resource: string,
    key: { namespace: string; name: string },
    expected: Entry | undefined,
    build: (resourceVersion: string) => KubeObject,
  ): { entry: Entry; durable: Promise<void> } {
    const collection = this.collection(resource);
    const current = collection.get(key.namespace, key.name);
    if (current !== expected) throw new StoreConflict(current);
    const version = ++this.#version;
    const entry = new Entry(key.namespace, key.name, version, build(String(version)));
    collection.set(entry);
    const type = current ? 'MODIFIED' : 'ADDED';
    return { entry, durable: this.#log(resource, collection, { type, version, entry, previous: current }) };
  }

  /** Removes `expected`, or throws a StoreConflict. The entry returned carries the version of the deletion. */
  remove(resource: string, expected: Entry): { entry: Entry; durable: Promise<void> } {
    const collection = this.collection(resource);
    const current = collection.get(expected.namespace, expected.name);
    if (current !== expected) throw new StoreConflict(current);
    const version = ++this.#version;
    const object = {
      ...current.object,
      metadata: { ...current.object.metadata, resourceVersion: String(version) },
    };
    const entry = new Entry(current.namespace, current.name, version, object);
    collection.delete(current);
    return {
      entry,
      durable: this.#log(resource, collection, { type: 'DELETED', version, entry, previous: current }),
    };
  }

  /**
   * Calls `listener` for every change after `from`, the known ones before it returns. Undefined when changes after
   * `from` are already forgotten.
   */
  watch(resource: string, from: number, listener: Listener): (() => void) | undefined {
    const collection = this.collection(resource);
    if (from < collection.forgotten) return undefined;
    for (const event of collection.since(from)) listener(event);
    const live: Listener = (event) => {
      if (event.version > from) listener(event);
    };
    collection.listeners.add(live);
    return () => collection.listeners.delete(live);
  }

  /** Calls `observer` for every durable change of any resource. */
  observe(observer: (resource: string, event: StoreEvent) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  async close(): Promise<void> {
    await this.#compacting;
    await this.#journal.close();
  }

  #log(resource: string, collection: Collection, event: StoreEvent): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#journal.append(encodeRecord(resource, event.entry, event.type === 'DELETED'), (error) => {
      if (error) {
        this.#onFailure(error);
        return reject(error);
      }
      this.#durable = event.version;
      collection.publish(event);
      for (const observer of this.#observers) observer(resource, event);
      resolve();
    });
    if (this.#journal.size > this.#compactAt && !this.#compacting) this.#compact();
    return promise;
  }

  #compact(): void {
    this.#compacting = this.#journal
      .compact(() => this.#snapshot())
      .catch((error) => this.#onFailure(error))
      .finally(() => {
        this.#compacting = undefined;
      });
  }

  #snapshot(): string[] {
    const payloads = [`{"r":"","n":"","m":"","v":${this.#version}}`];
    for (const [resource, collection] of this.#collections) {
      for (const entry of collection.entries()) payloads.push(encodeRecord(resource, entry, false));
    }
    return payloads;
  }

  #replay(record: StoredRecord): void {
    this.#version = Math.max(this.#version, record.v);
    if (record.r === '') return;
    const collection = this.collection(record.r);
    const entry = new Entry(record.n, record.m, record.v, record.o!);
    if (record.o) collection.set(entry);
    else collection.delete(entry);
  }
}

function encodeRecord(resource: string, entry: Entry, deleted: boolean): string {
  const place = [resource, entry.namespace, entry.name].map((text) => JSON.stringify(text));
  const object = deleted ? '' : `,"o":${entry.json}`;
  return `{"r":${place[0]},"n":${place[1]},"m":${place[2]},"v":${entry.version}${object}}`;
}
