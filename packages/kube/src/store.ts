import type { KubeObject } from './types.ts';

/** `namespace/name`, or `name` for a cluster-scoped object. */
export function objectKey(object: KubeObject): string {
  return keyOf(object.metadata.name ?? '', object.metadata.namespace);
}

export function keyOf(name: string, namespace?: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** What a reader may ask of an informer's cache. Objects are shared: never change one, copy it. */
export interface ObjectStore<T extends KubeObject = KubeObject> {
  readonly size: number;
  get(name: string, namespace?: string): T | undefined;
  getByKey(key: string): T | undefined;
  /** All objects, or those of one namespace, in no particular order. */
  list(namespace?: string): T[];
  /** Objects for which the index function of this name returned `value`. */
  byIndex(index: string, value: string): T[];
}

type IndexFunction<T> = (object: T) => readonly string[];

/** The cache behind an informer, with one index by namespace and any others by name. */
export class MutableStore<T extends KubeObject = KubeObject> implements ObjectStore<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { of: IndexFunction<T>; buckets: Map<string, Map<string, T>> }>();

  constructor() {
    this.addIndex('', (object) => [object.metadata.namespace ?? '']);
  }

  get size(): number {
    return this.#objects.size;
  }

  addIndex(name: string, of: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index = { of, buckets: new Map<string, Map<string, T>>() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) enter(index.buckets, of(object), key, object);
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(keyOf(name, namespace));
  }

  getByKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  list(namespace?: string): T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex('', namespace);
  }

  byIndex(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (!found) throw new Error(`no index named ${index}: add it with addIndex`);
    return [...(found.buckets.get(value)?.values() ?? [])];
  }

  set(object: T): T | undefined {
    const key = objectKey(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const { of, buckets } of this.#indexes.values()) {
      if (old) leave(buckets, of(old), key);
      enter(buckets, of(object), key, object);
    }
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    for (const { of, buckets } of this.#indexes.values()) leave(buckets, of(old), key);
    return old;
  }
}

function enter<T>(
  buckets: Map<string, Map<string, T>>,
  values: readonly string[],
  key: string,
  object: T,
): void {
  for (const value of values) {
    let bucket = buckets.get(value);
    if (!bucket) {
      bucket = new Map();
      buckets.set(value, bucket);
    }
    bucket.set(key, object);
  }
}

function leave<T>(buckets: Map<string, Map<string, T>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const bucket = buckets.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) buckets.delete(value);
  }
}
