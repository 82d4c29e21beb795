import { type Clock, formatProblem, type Log } from '@lateen/kit';
import { type EncodedResource, ResourceEncoder } from '@lateen/xds/ads/resources';
import type { AdsConnection } from '@lateen/xds/ads/server';
import { typeUrls } from '@lateen/xds/type-urls';
import {
  type Model,
  type ProxyNode,
  parseNode,
  type Snapshot,
  type Translator,
  type XdsKind,
  type XdsResource,
} from '../translate.ts';

const kinds: readonly XdsKind[] = ['clusters', 'endpoints', 'listeners', 'routes'];

const typeUrlOf: Record<XdsKind, string> = {
  clusters: typeUrls.cluster,
  endpoints: typeUrls.endpoint,
  listeners: typeUrls.listener,
  routes: typeUrls.route,
};

type Sets = Map<string, ReadonlyMap<string, EncodedResource>>;

interface Client {
  readonly connection: AdsConnection;
  readonly node: ProxyNode;
  sets: Sets;
  /** The push whose content `sets` is. */
  push: number;
}

export interface DistributorOptions {
  readonly translator: Translator;
  readonly clock: Clock;
  readonly log: Log;
}

/** Stage 7: after each change, what every connected proxy lacks of its configuration. */
export class Distributor {
  readonly #options: DistributorOptions;
  readonly #encoder = new ResourceEncoder();
  readonly #clients = new Map<AdsConnection, Client>();
  #model: Model | undefined;
  #pushes = 0;
  #version = '';

  constructor(options: DistributorOptions) {
    this.#options = options;
  }

  get model(): Model | undefined {
    return this.#model;
  }

  /** Number of the last push; 0 before the first. */
  get pushes(): number {
    return this.#pushes;
  }

  clients(): readonly { connection: AdsConnection; node: ProxyNode }[] {
    return [...this.#clients.values()];
  }

  /** Computes the model of `snapshot` and publishes to every proxy what changed for it. Returns the kinds that did. */
  push(snapshot: Snapshot): ReadonlySet<XdsKind> {
    const { translator } = this.#options;
    const before = this.#model;
    const model = translator.model(snapshot);
    const changed = translator.changed(before, model);
    this.#model = model;
    this.#pushes++;
    if (changed.size === 0) return changed;
    this.#version = `${new Date(this.#options.clock.now()).toISOString()}/${this.#pushes}`;
    for (const client of this.#clients.values()) this.#publish(client, changed);
    return changed;
  }

  add(connection: AdsConnection): void {
    const { value: node, problems } = parseNode(connection.node as never);
    if (!node) {
      this.#options.log.warn('a proxy with an unreadable node id is given nothing', {
        problem: formatProblem(problems[0]!),
      });
      return;
    }
    const client: Client = { connection, node, sets: new Map(), push: 0 };
    this.#clients.set(connection, client);
    this.#publish(client, new Set(kinds));
  }

  remove(connection: AdsConnection): void {
    this.#clients.delete(connection);
  }

  #publish(client: Client, changed: ReadonlySet<XdsKind>): void {
    if (!this.#model) return;
    const sets: Sets = new Map(client.sets);
    for (const kind of kinds) {
      if (!changed.has(kind) && client.push > 0) continue;
      const resources = this.#resources(kind, client.node);
      if (resources) sets.set(typeUrlOf[kind], this.#encodeAll(resources));
    }
    client.sets = sets;
    client.push = this.#pushes;
    client.connection.session.publish(sets, this.#version);
  }

  /** After a failure the proxy keeps what it has. */
  #resources(kind: XdsKind, node: ProxyNode): readonly XdsResource[] | undefined {
    const { translator, log } = this.#options;
    try {
      return translator[kind](this.#model!, node);
    } catch (error) {
      log.error(`cannot generate ${kind}`, { node: node.id, error: (error as Error).stack });
      return undefined;
    }
  }

  /** A resource that cannot be encoded is left out and reported, so that it harms no other. */
  #encodeAll(resources: readonly XdsResource[]): ReadonlyMap<string, EncodedResource> {
    const encoded = new Map<string, EncodedResource>();
    for (const resource of resources) {
      try {
        const one = this.#encoder.encode(resource as never);
        encoded.set(one.name, one);
      } catch (error) {
        this.#options.log.error('cannot encode a resource', {
          name: resource.name ?? resource.clusterName,
          error,
        });
      }
    }
    return encoded;
  }
}
