import type { Log } from '@lateen/kit';
import {
  Informer,
  type KubeClient,
  type KubeObject,
  type ResourceId,
  resourceName,
  resources,
} from '@lateen/kube';

/** One informer a resource, shared by all controllers. */
export class SharedInformers {
  readonly #client: KubeClient;
  readonly #log: Log;
  readonly #informers = new Map<string, Informer>();
  #started = false;

  constructor(client: KubeClient, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  /** The informer with whole objects. Ask for it before `start`. */
  get(id: ResourceId): Informer {
    return this.#obtain(id, undefined);
  }

  /** The informer with whole objects where a controller needs them, else one that keeps metadata only. */
  metadata(id: ResourceId): Informer {
    return this.#obtain(id, keepMetadata);
  }

  /** Starts all informers there are, and those asked for later at once; resolves when the present ones have synced. */
  async start(): Promise<void> {
    this.#started = true;
    await Promise.all([...this.#informers.values()].map((informer) => informer.start().synced));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }

  /** Ends the informer of a resource that is no longer served. */
  async drop(id: ResourceId): Promise<void> {
    const informer = this.#informers.get(resourceName(id));
    this.#informers.delete(resourceName(id));
    await informer?.stop();
  }

  #obtain(id: ResourceId, transform: ((object: KubeObject) => KubeObject) | undefined): Informer {
    const name = resourceName(id);
    let informer = this.#informers.get(name);
    if (informer) return informer;
    // Of all ConfigMaps only the certificate bundles that the controllers themselves keep are looked into.
    const slim =
      id.resource === resources.configMaps.resource && id.group === '' ? keepRootCertificates : keepUseful;
    informer = new Informer(this.#client, id, { log: this.#log, transform: transform ?? slim });
    this.#informers.set(name, informer);
    if (this.#started) informer.start();
    return informer;
  }
}

function keepUseful(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function keepMetadata(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences },
  };
}

function keepRootCertificates(object: KubeObject): KubeObject {
  return object.metadata.name === 'kube-root-ca.crt' ? keepUseful(object) : keepMetadata(object);
}
