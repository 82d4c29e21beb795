import type { Clock } from '@lateen/kit';
import { typeUrls } from '../type-urls.ts';
import type { AnyJson, DeltaDiscoveryRequest, DiscoveryRequest } from '../types.ts';
import { encodeDeltaResponse, encodeResponse } from './messages.ts';
import type { EncodedResource, ResourceSets } from './resources.ts';
import { type Nack, type Pending, Watch } from './watch.ts';

export interface SessionOptions {
  readonly delta: boolean;
  readonly clock: Clock;
  /** Hands one encoded response to the stream. */
  send(response: Buffer): void;
  /** Called after each ACK and NACK. */
  onSettled?(typeUrl: string): void;
}

export interface TypeStatus {
  readonly typeUrl: string;
  readonly version: string;
  readonly ackedVersion: string;
  readonly nonce: string;
  readonly ackedNonce: string;
  readonly nack: Nack | undefined;
  /** Number of resources that the proxy has, from this stream or from before it. */
  readonly held: number;
}

/** Clusters before their endpoints before listeners before routes: nothing is referred to before it is there. */
const order: readonly string[] = [
  typeUrls.secret,
  typeUrls.cluster,
  typeUrls.endpoint,
  typeUrls.extensionConfig,
  typeUrls.listener,
  typeUrls.scopedRoute,
  typeUrls.route,
  typeUrls.virtualHost,
];
const referring = new Set<string>(order.slice(4));

/** How long routes wait for an answer to the clusters that they need before they are sent all the same. */
const answerTimeout = 2000;
const none: ReadonlyMap<string, EncodedResource> = new Map();

/**
 * One stream of the aggregated discovery service, at the server's end and without its transport: what the proxy asked
 * for, what it has, and the order in which it learns of changes. At most one response a type is under way, so a slow
 * proxy is sent the newest state and never a queue of old ones.
 */
export class AdsSession {
  readonly #options: SessionOptions;
  readonly #watches = new Map<string, Watch>();
  #latest: ResourceSets = new Map();
  #version = '';
  #nonces = 0;
  /** Clusters that are gone, kept until the routes that may use them have been replaced. */
  #retained = new Map<string, EncodedResource>();
  /** Endpoints that the proxy will ask for because of new clusters. */
  readonly #awaited = new Set<string>();
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Replaces what this proxy may see; what it lacks of it is sent now or as soon as the order permits. */
  publish(sets: ResourceSets, version: string): void {
    this.#latest = sets;
    this.#version = version;
    this.#retain();
    this.#advance();
  }

  receive(request: DiscoveryRequest): void {
    const watch = this.#watch(request.typeUrl ?? '');
    const nonce = request.responseNonce ?? '';
    if (nonce !== '' && nonce !== watch.nonce) return;
    const settled = this.#settle(
      watch,
      nonce,
      request.errorDetail?.message,
      request.errorDetail !== undefined,
    );
    watch.subscribeTo(request.resourceNames ?? []);
    if (!settled && nonce !== '') watch.owe(watch.names);
    this.#advance();
  }

  receiveDelta(request: DeltaDiscoveryRequest): void {
    const watch = this.#watch(request.typeUrl ?? '');
    this.#settle(
      watch,
      request.responseNonce ?? '',
      request.errorDetail?.message,
      request.errorDetail !== undefined,
    );
    watch.change(
      request.resourceNamesSubscribe ?? [],
      request.resourceNamesUnsubscribe ?? [],
      request.initialResourceVersions ?? {},
    );
    this.#advance();
  }

  status(): TypeStatus[] {
    return [...this.#watches.values()].map(
      ({ typeUrl, version, ackedVersion, nonce, ackedNonce, nack, sent }) => ({
        typeUrl,
        version,
        ackedVersion,
        nonce,
        ackedNonce,
        nack,
        held: sent.size,
      }),
    );
  }

  /** The resources of a type that the proxy has been sent. */
  sent(typeUrl: string): AnyJson[] {
    return [...(this.#watches.get(typeUrl)?.sent.values() ?? [])].flatMap(({ json }) => (json ? [json] : []));
  }

  /** True when the proxy has answered everything that it has been sent and lacks nothing. */
  get settled(): boolean {
    for (const watch of this.#watches.values()) {
      if (watch.inFlight || watch.pending(this.#available(watch.typeUrl))) return false;
    }
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  #watch(typeUrl: string): Watch {
    let watch = this.#watches.get(typeUrl);
    if (!watch) {
      watch = new Watch(typeUrl, this.#options.delta);
      this.#watches.set(typeUrl, watch);
    }
    return watch;
  }

  #settle(watch: Watch, nonce: string, message: string | undefined, failed: boolean): boolean {
    if (nonce === '') return false;
    const error = failed ? (message ?? 'refused without a reason') : undefined;
    const names = watch.inFlight?.names ?? [];
    if (!watch.settle(nonce, error, this.#options.clock.now())) return false;
    if (watch.typeUrl === typeUrls.endpoint) for (const name of names) this.#awaited.delete(name);
    if (watch.typeUrl === typeUrls.cluster && failed) this.#awaited.clear();
    this.#options.onSettled?.(watch.typeUrl);
    return true;
  }

  #available(typeUrl: string): ReadonlyMap<string, EncodedResource> {
    const latest = this.#latest.get(typeUrl) ?? none;
    if (typeUrl !== typeUrls.cluster || this.#retained.size === 0) return latest;
    return new Map([...this.#retained, ...latest]);
  }

  /** Remembers clusters that are about to vanish while routes that may name them are still to be replaced. */
  #retain(): void {
    const watch = this.#watches.get(typeUrls.cluster);
    if (!watch || !this.#routesUnsettled()) return;
    const latest = this.#latest.get(typeUrls.cluster) ?? none;
    for (const [name, resource] of watch.sent) {
      if (!latest.has(name) && resource.any) this.#retained.set(name, resource as EncodedResource);
    }
  }

  #routesUnsettled(): boolean {
    for (const watch of this.#watches.values()) {
      if (!referring.has(watch.typeUrl)) continue;
      if (watch.awaitsAnswer || watch.pending(this.#available(watch.typeUrl))) return true;
    }
    return false;
  }

  #advance(): void {
    if (this.#closed) return;
    for (const typeUrl of order) this.#sendNext(typeUrl);
    for (const typeUrl of this.#watches.keys()) if (!order.includes(typeUrl)) this.#sendNext(typeUrl);
    if (this.#retained.size > 0 && !this.#routesUnsettled()) {
      this.#retained = new Map();
      this.#sendNext(typeUrls.cluster);
    }
  }

  #sendNext(typeUrl: string): void {
    const watch = this.#watches.get(typeUrl);
    if (!watch || watch.awaitsAnswer || (referring.has(typeUrl) && this.#mustWait())) return;
    const pending = watch.pending(this.#available(typeUrl));
    if (!pending) return;
    if (typeUrl === typeUrls.cluster) this.#prepareEndpoints(watch, pending);
    this.#send(watch, pending);
  }

  #mustWait(): boolean {
    if (this.#awaited.size > 0) return true;
    const [clusters, endpoints] = [this.#watches.get(typeUrls.cluster), this.#watches.get(typeUrls.endpoint)];
    return clusters?.awaitsAnswer === true || endpoints?.awaitsAnswer === true;
  }

  /**
   * A new cluster makes the proxy ask for endpoints; a changed one waits for them without asking, because the name is
   * subscribed to already.
   */
  #prepareEndpoints(watch: Watch, { resources }: Pending): void {
    const endpoints = this.#watches.get(typeUrls.endpoint);
    for (const resource of resources) {
      const { name, json, version } = resource;
      if (json.type !== 'EDS' || watch.sent.get(name)?.version === version) continue;
      const service = json.edsClusterConfig?.serviceName ?? name;
      if (endpoints?.names.has(service)) endpoints.owe([service]);
      else if (this.#latest.get(typeUrls.endpoint)?.has(service)) this.#awaited.add(service);
    }
  }

  #send(watch: Watch, pending: Pending): void {
    const nonce = `${this.#version}-${++this.#nonces}`;
    watch.markSent(pending, nonce, this.#version);
    const { typeUrl } = watch;
    const response = this.#options.delta
      ? encodeDeltaResponse(typeUrl, this.#version, nonce, pending.resources, pending.removed)
      : encodeResponse(typeUrl, this.#version, nonce, pending.resources);
    this.#options.send(response);
    this.#startTimer();
  }

  /** A proxy that does not answer must not keep its routes back for ever. */
  #startTimer(): void {
    this.#cancelTimer ??= this.#options.clock.after(answerTimeout, () => {
      this.#cancelTimer = undefined;
      this.#awaited.clear();
      for (const watch of this.#watches.values()) if (watch.inFlight) watch.inFlight.expired = true;
      this.#advance();
    });
  }
}
