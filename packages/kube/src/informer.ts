import { backoffDelay, delay, type Log, silentLog } from '@lateen/kit';
import { isGone, KubeError } from './error.ts';
import { MutableStore, type ObjectStore, objectKey } from './store.ts';
import type { KubeClient, KubeObject, ListOptions, ResourceId, WatchEvent } from './types.ts';

/** Called after the store has changed. What a handler throws is logged and goes no further. */
export interface InformerHandlers<T extends KubeObject = KubeObject> {
  add?(object: T): void;
  update?(object: T, old: T): void;
  delete?(object: T): void;
}

export interface InformerOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly log?: Log;
  /** Objects a page of the first list; 500 when absent. */
  readonly pageSize?: number;
  /** Keep a smaller object than the server sends, for memory. */
  readonly transform?: (object: any) => any;
}

const retry = { base: 100, max: 5_000 };

/**
 * A local copy of one resource, kept current by list and watch. It survives disconnections, restarts of the server and
 * expired versions; handlers then see only what really changed. Start it once, stop it once.
 */
export class Informer<T extends KubeObject = KubeObject> {
  readonly resource: ResourceId;
  /** Settles when the first list is in the store; rejects only when stopped before. */
  readonly synced: Promise<void>;
  readonly #client: KubeClient;
  readonly #options: InformerOptions;
  readonly #log: Log;
  readonly #store = new MutableStore<T>();
  readonly #handlers = new Set<InformerHandlers<T>>();
  readonly #abort = new AbortController();
  #settle!: { resolve: () => void; reject: (error: Error) => void };
  #running: Promise<void> | undefined;
  #version = '';
  #hasSynced = false;
  #failures = 0;

  constructor(client: KubeClient, resource: ResourceId, options: InformerOptions = {}) {
    this.#client = client;
    this.resource = resource;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.synced = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.synced.catch(() => {});
  }

  get store(): ObjectStore<T> {
    return this.#store;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Version of the last list or event that has been applied. */
  get resourceVersion(): string {
    return this.#version;
  }

  /** Makes `store.byIndex(name, value)` answer with the objects for which `of` returns `value`. */
  addIndex(name: string, of: (object: T) => readonly string[]): void {
    this.#store.addIndex(name, of);
  }

  /** Adds handlers; `add` is called at once for what the store holds. The returned function removes them. */
  on(handlers: InformerHandlers<T>): () => void {
    this.#handlers.add(handlers);
    for (const object of this.#store.list()) this.#call(() => handlers.add?.(object));
    return () => this.#handlers.delete(handlers);
  }

  start(): this {
    this.#running ??= this.#run();
    return this;
  }

  /** Resolves when the watch has ended. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#settle.reject(
      new Error(`the informer of ${this.resource.resource} was stopped before its first list`),
    );
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        if (this.#version === '') await this.#list();
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (isGone(error)) this.#version = '';
    const level = this.#failures === 3 ? 'warn' : 'debug';
    this.#log[level](`${this.resource.resource}: ${(error as Error).message}; trying again`);
    const wait = backoffDelay(retry, this.#failures++) * (0.75 + Math.random() / 2);
    await delay(wait, signal).catch(() => {});
  }

  async #list(): Promise<void> {
    const objects: T[] = [];
    let options: ListOptions = { ...this.#selectors(), limit: this.#options.pageSize ?? 500 };
    for (;;) {
      const page = await this.#client.list<T>(this.resource, options);
      for (const item of page.items) objects.push(this.#transform(item));
      if (!page.metadata.continue) {
        this.#replace(objects);
        this.#version = page.metadata.resourceVersion;
        break;
      }
      options = { ...options, continue: page.metadata.continue };
    }
    this.#failures = 0;
    this.#hasSynced = true;
    this.#settle.resolve();
  }

  async #watch(): Promise<void> {
    const options = { ...this.#selectors(), resourceVersion: this.#version };
    let events = 0;
    for await (const event of this.#client.watch<T>(this.resource, options, this.#abort.signal)) {
      events++;
      this.#failures = 0;
      this.#apply(event);
    }
    // A server that ends an empty watch at once must not be asked again at once.
    if (events === 0 && !this.#abort.signal.aborted)
      await delay(retry.base, this.#abort.signal).catch(() => {});
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') {
      const { code, reason, message } = event.object;
      throw new KubeError(code, reason ?? 'Unknown', message ?? 'the watch failed');
    }
    const version = event.object.metadata.resourceVersion;
    if (event.type === 'DELETED') this.#remove(objectKey(event.object), this.#transform(event.object));
    else if (event.type !== 'BOOKMARK') this.#set(this.#transform(event.object));
    if (version) this.#version = version;
  }

  #replace(objects: T[]): void {
    const gone = new Set(this.#store.keys());
    for (const object of objects) gone.delete(objectKey(object));
    for (const key of gone) this.#remove(key);
    for (const object of objects) this.#set(object);
  }

  #set(object: T): void {
    const old = this.#store.getByKey(objectKey(object));
    if (old && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const replaced = old && old.metadata.uid !== object.metadata.uid;
    if (replaced) this.#remove(objectKey(old));
    this.#store.set(object);
    for (const handlers of this.#handlers) {
      this.#call(() => (old && !replaced ? handlers.update?.(object, old) : handlers.add?.(object)));
    }
  }

  #remove(key: string, last?: T): void {
    const old = this.#store.delete(key);
    if (!old) return;
    for (const handlers of this.#handlers) this.#call(() => handlers.delete?.(last ?? old));
  }

  #call(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#log.error(`a handler of ${this.resource.resource} failed: ${(error as Error).stack}`);
    }
  }

  #transform(object: T): T {
    return this.#options.transform ? this.#options.transform(object) : object;
  }

  #selectors(): ListOptions {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { namespace, labelSelector, fieldSelector };
  }
}
