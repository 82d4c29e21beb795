import type { Log } from '@lateen/kit';
import {
  createReconciler,
  type Informer,
  type KubeClient,
  type KubeObject,
  resourceName,
  resources,
} from '@lateen/kube';
import { type ApiResource, type Discovered, discover } from './discovery.ts';
import type { SharedInformers } from './informers.ts';

export interface MonitorHandlers {
  added(resource: ApiResource, object: KubeObject): void;
  updated(resource: ApiResource, object: KubeObject): void;
  deleted(resource: ApiResource, object: KubeObject): void;
}

/** Events come and go by themselves and own nothing. */
const ignored = new Set(['events', 'events.events.k8s.io']);

/**
 * Watches the metadata of every resource that the API server serves, and follows custom resource definitions as they
 * come and go.
 */
export class Monitors {
  readonly #client: KubeClient;
  readonly #informers: SharedInformers;
  readonly #handlers = new Set<MonitorHandlers>();
  readonly #watched = new Map<string, { resource: ApiResource; informer: Informer }>();
  readonly #refresh;
  #discovered: Discovered = { resources: [], failed: [] };

  constructor(client: KubeClient, informers: SharedInformers, log: Log) {
    this.#client = client;
    this.#informers = informers;
    this.#refresh = createReconciler({ name: 'discovery', log, reconcile: () => this.#update() });
    const definitions = informers.get(resources.customResourceDefinitions);
    const changed = () => this.#refresh.add('all');
    definitions.on({ add: changed, update: changed, delete: changed });
  }

  /** What the API server served when last asked. */
  get discovered(): Discovered {
    return this.#discovered;
  }

  on(handlers: MonitorHandlers): void {
    this.#handlers.add(handlers);
  }

  /** Resolves when every resource is watched and its first list has been reported. */
  async start(): Promise<void> {
    await this.#update();
    await Promise.all([...this.#watched.values()].map(({ informer }) => informer.synced));
  }

  stop(): Promise<void> {
    return this.#refresh.stop();
  }

  /** The resource of a kind, by what an ownerReference says. */
  find(apiVersion: string, kind: string): ApiResource | undefined {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return this.#discovered.resources.find((resource) => resource.group === group && resource.kind === kind);
  }

  /** Asks the API server again what it serves. */
  async #update(): Promise<void> {
    this.#discovered = await discover(this.#client);
    const wanted = new Map<string, ApiResource>();
    for (const resource of this.#discovered.resources) {
      const watchable = ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb));
      const name = resource.group ? `${resource.resource}.${resource.group}` : resource.resource;
      if (watchable && !ignored.has(name)) wanted.set(resourceName(resource), resource);
    }
    for (const [name, resource] of wanted) if (!this.#watched.has(name)) this.#watch(name, resource);
    for (const [name, { resource }] of this.#watched)
      if (!wanted.has(name)) await this.#unwatch(name, resource);
  }

  #watch(name: string, resource: ApiResource): void {
    const { group, version } = resource;
    const informer = this.#informers.metadata({ group, version, resource: resource.resource });
    this.#watched.set(name, { resource, informer });
    informer.on({
      add: (object) => this.#tell((handlers) => handlers.added(resource, object)),
      update: (object) => this.#tell((handlers) => handlers.updated(resource, object)),
      delete: (object) => this.#tell((handlers) => handlers.deleted(resource, object)),
    });
  }

  async #unwatch(name: string, resource: ApiResource): Promise<void> {
    const watched = this.#watched.get(name);
    this.#watched.delete(name);
    // With the definition gone its objects are gone; no watch will say so any more.
    for (const object of watched?.informer.store.list() ?? []) {
      this.#tell((handlers) => handlers.deleted(resource, object));
    }
    await this.#informers.drop(resource);
  }

  #tell(call: (handlers: MonitorHandlers) => void): void {
    for (const handlers of this.#handlers) call(handlers);
  }
}
