import type { Log } from '@lateen/kit';
import { resources } from '@lateen/kube';
import type { KubeClient, KubeObject } from '@lateen/kube/types';
import { emptySnapshot, type Snapshot } from '../translate.ts';
import { Collection } from './collection.ts';
import { type CollectionName, coreKinds, customKinds, newestServed } from './kinds.ts';

export interface IngestOptions {
  readonly client: KubeClient;
  readonly rootNamespace: string;
  readonly log: Log;
  /** Called after anything changed, once everything has been read the first time. */
  onChange(): void;
}

/** Stage 2: what the Kubernetes API holds, as typed collections that follow it. */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #collections = new Map<CollectionName, Collection>();
  readonly #definitions: Collection;
  #ready = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    for (const { name, resource, slim } of coreKinds) this.#collect(name, { resource, slim });
    this.#collect('meshConfigs', {
      resource: resources.configMaps,
      namespace: options.rootNamespace,
      fieldSelector: 'metadata.name=istio',
    });
    this.#definitions = new Collection({
      client: options.client,
      resource: resources.customResourceDefinitions,
      slim: slimDefinition,
      log: options.log,
      onChange: () => this.#definitionsChanged(),
    });
  }

  /** Resolves when every collection that can be read has been; new definitions do not count. */
  async synced(): Promise<void> {
    await this.#definitions.synced;
    this.#definitionsChanged();
    await Promise.all([...this.#collections.values()].map((collection) => collection.synced));
    this.#ready = true;
  }

  snapshot(): Snapshot {
    const snapshot: Record<string, unknown> = { ...emptySnapshot };
    for (const [name, collection] of this.#collections) snapshot[name] = collection.list();
    const { meshConfigs, ...rest } = snapshot as Record<string, readonly KubeObject[]>;
    return { ...(rest as unknown as Snapshot), meshConfig: meshConfigs?.[0] };
  }

  /** The collection of an Istio kind, for those that write to it. */
  collection(name: CollectionName): Collection | undefined {
    return this.#collections.get(name);
  }

  async stop(): Promise<void> {
    const all = [this.#definitions, ...this.#collections.values()];
    await Promise.all(all.map((collection) => collection.stop()));
  }

  #collect(
    name: CollectionName,
    what: Pick<
      ConstructorParameters<typeof Collection>[0],
      'resource' | 'slim' | 'namespace' | 'fieldSelector'
    >,
  ): void {
    const { client, log } = this.#options;
    this.#collections.set(name, new Collection({ client, log, ...what, onChange: () => this.#changed() }));
  }

  #changed(): void {
    if (this.#ready) this.#options.onChange();
  }

  /** Starts, changes and ends the collections of custom resources as their definitions come and go. */
  #definitionsChanged(): void {
    for (const { name, group, resource } of customKinds) {
      const definition = this.#definitions
        .list()
        .find((object) => object.metadata.name === `${resource}.${group}`);
      const version = definition && newestServed(definition);
      const current = this.#collections.get(name);
      if (current?.resource.version === version) continue;
      void current?.stop();
      this.#collections.delete(name);
      if (version !== undefined) this.#collect(name, { resource: { group, version, resource } });
      this.#changed();
    }
  }
}

function slimDefinition({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
  const versions = spec?.versions?.map(({ name, served }: any) => ({ name, served }));
  return {
    apiVersion,
    kind,
    metadata: { name: metadata.name, uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    spec: { versions },
  };
}
