import type { Log } from '@lateen/kit';
import { Informer, objectKey, type ResourceId } from '@lateen/kube';
import type { KubeClient, KubeObject } from '@lateen/kube/types';

export interface CollectionOptions {
  readonly client: KubeClient;
  readonly resource: ResourceId;
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly slim?: (object: KubeObject) => KubeObject;
  readonly log: Log;
  /** Called after the content has changed. */
  onChange(): void;
}

/**
 * One resource as a list whose identity, and whose elements' identity, change only when something did that the later
 * stages could notice: writes to a status or to managed fields are no news.
 */
export class Collection {
  readonly resource: ResourceId;
  readonly #informer: Informer;
  readonly #objects = new Map<string, { object: KubeObject; digest: string }>();
  readonly #onChange: () => void;
  #list: readonly KubeObject[] | undefined;

  constructor({ client, resource, namespace, fieldSelector, slim, log, onChange }: CollectionOptions) {
    this.resource = resource;
    this.#onChange = onChange;
    this.#informer = new Informer(client, resource, { namespace, fieldSelector, transform: slim, log });
    this.#informer.on({
      add: (object) => this.#set(object),
      update: (object) => this.#set(object),
      delete: (object) => this.#delete(object),
    });
    this.#informer.start();
  }

  get synced(): Promise<void> {
    return this.#informer.synced;
  }

  get hasSynced(): boolean {
    return this.#informer.hasSynced;
  }

  list(): readonly KubeObject[] {
    this.#list ??= [...this.#objects.values()].map(({ object }) => object);
    return this.#list;
  }

  /** The object as it was last read, status and version included. */
  current(key: string): KubeObject | undefined {
    return this.#informer.store.getByKey(key);
  }

  stop(): Promise<void> {
    return this.#informer.stop();
  }

  #set(object: KubeObject): void {
    const key = objectKey(object);
    const digest = digestOf(object);
    if (this.#objects.get(key)?.digest === digest) return;
    this.#objects.set(key, { object, digest });
    this.#changed();
  }

  #delete(object: KubeObject): void {
    if (this.#objects.delete(objectKey(object))) this.#changed();
  }

  #changed(): void {
    this.#list = undefined;
    this.#onChange();
  }
}

/** Custom resources count their changes themselves; of the others everything but the version is compared. */
function digestOf(object: KubeObject): string {
  const { metadata } = object;
  if (object.spec !== undefined && object.apiVersion?.includes('istio.io/')) {
    return JSON.stringify([
      metadata.uid,
      metadata.generation,
      metadata.labels,
      metadata.annotations,
      metadata.generation ? 0 : object.spec,
    ]);
  }
  return JSON.stringify({
    ...object,
    metadata: { ...metadata, resourceVersion: undefined, managedFields: undefined },
  });
}
