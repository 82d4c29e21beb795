import type { Informer, KubeObject } from '@lateen/kube';

/**
 * What a controller has written but its cache does not show yet. As long as something is outstanding for a key, counting
 * the cache would count wrong.
 */
export class Expectations {
  readonly #informer: Informer;
  readonly #created = new Map<string, bigint>();
  readonly #deleted = new Map<string, Map<string, string>>();

  constructor(informer: Informer) {
    this.#informer = informer;
  }

  created(key: string, object: KubeObject): void {
    const version = BigInt(object.metadata.resourceVersion ?? 0);
    if (version > (this.#created.get(key) ?? 0n)) this.#created.set(key, version);
  }

  deleted(key: string, object: KubeObject): void {
    const uids = this.#deleted.get(key) ?? new Map<string, string>();
    uids.set(object.metadata.uid!, `${object.metadata.namespace}/${object.metadata.name}`);
    this.#deleted.set(key, uids);
  }

  /** Whether the cache shows everything that was written for this key. */
  fulfilled(key: string): boolean {
    const version = this.#created.get(key);
    if (version !== undefined) {
      if (BigInt(this.#informer.resourceVersion || 0) < version) return false;
      this.#created.delete(key);
    }
    for (const [uid, object] of this.#deleted.get(key) ?? []) {
      const cached = this.#informer.store.getByKey(object);
      if (cached?.metadata.uid === uid && !cached.metadata.deletionTimestamp) return false;
    }
    this.#deleted.delete(key);
    return true;
  }

  forget(key: string): void {
    this.#created.delete(key);
    this.#deleted.delete(key);
  }
}
