import { typeUrls } from '../type-urls.ts';
import type { EncodedResource } from './resources.ts';

/** Why a proxy refused a response. */
export interface Nack {
  readonly version: string;
  readonly message: string;
  /** Resources of the refused response that the message names, or all of them. */
  readonly resources: readonly string[];
  readonly at: number;
}

/** What is to be sent next for one type. */
export interface Pending {
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
}

type Available = ReadonlyMap<string, EncodedResource>;
/** All that is compared of a resource that the client has; of those from before a reconnection only the version is known. */
type Sent = Pick<EncodedResource, 'version'> & Partial<EncodedResource>;

const maxNames = 100_000;
const wildcardTypes = new Set<string>([typeUrls.cluster, typeUrls.listener]);

/** The subscription of one stream to one type: what is wanted, what was sent, what was answered. */
export class Watch {
  readonly typeUrl: string;
  readonly #delta: boolean;
  readonly names = new Set<string>();
  wildcard = false;
  /** By name, what the client has or has been sent. */
  readonly sent = new Map<string, Sent>();
  /** Names that are to be answered whatever their version: asked for (again). */
  readonly #owed = new Set<string>();
  #answered = false;
  /** The response that has not been answered; once `expired`, nothing waits for it any more. */
  inFlight: { readonly nonce: string; readonly names: readonly string[]; expired: boolean } | undefined;
  nonce = '';
  ackedNonce = '';
  version = '';
  ackedVersion = '';
  nack: Nack | undefined;

  constructor(typeUrl: string, delta: boolean) {
    this.typeUrl = typeUrl;
    this.#delta = delta;
  }

  /** State of the world: `names` is the whole subscription. */
  subscribeTo(names: readonly string[]): void {
    if (!this.#answered && names.length === 0 && wildcardTypes.has(this.typeUrl)) this.wildcard = true;
    const wanted = new Set(names.slice(0, maxNames));
    for (const name of this.names) if (!wanted.has(name)) this.#forget(name);
    for (const name of wanted) if (!this.names.has(name)) this.#want(name);
  }

  /** These are to be sent again although they have not changed. */
  owe(names: Iterable<string>): void {
    for (const name of names) this.#owed.add(name);
  }

  /** Delta: changes to the subscription. */
  change(
    subscribe: readonly string[],
    unsubscribe: readonly string[],
    versions: Record<string, string>,
  ): void {
    const first = !this.#answered && this.names.size === 0;
    if (first && subscribe.length === 0 && wildcardTypes.has(this.typeUrl)) this.wildcard = true;
    for (const [name, version] of Object.entries(versions)) this.sent.set(name, { version });
    for (const name of subscribe.slice(0, maxNames)) {
      this.#want(name);
      if (versions[name] === undefined) this.#owed.add(name);
      else this.#owed.delete(name);
    }
    for (const name of unsubscribe) this.#forget(name);
  }

  #want(name: string): void {
    if (name === '*') this.wildcard = true;
    else {
      this.names.add(name);
      this.#owed.add(name);
    }
  }

  #forget(name: string): void {
    if (name === '*') this.wildcard = false;
    this.names.delete(name);
    this.#owed.delete(name);
    this.sent.delete(name);
  }

  /** What the client lacks of `available`; `undefined` when nothing is to be said. */
  pending(available: Available): Pending | undefined {
    return this.wildcard ? this.#pendingAll(available) : this.#pendingNamed(available);
  }

  #pendingAll(available: Available): Pending | undefined {
    const changed: EncodedResource[] = [];
    for (const resource of available.values()) if (this.#differs(resource)) changed.push(resource);
    const removed = [...this.sent.keys()].filter((name) => !available.has(name));
    if (this.#answered && changed.length === 0 && removed.length === 0) return undefined;
    return { resources: this.#delta ? changed : [...available.values()], removed };
  }

  #pendingNamed(available: Available): Pending | undefined {
    const resources: EncodedResource[] = [];
    const missing: string[] = [];
    for (const name of this.names) {
      const resource = available.get(name);
      if (resource && this.#differs(resource)) resources.push(resource);
      else if (!resource && this.#delta && this.#owed.has(name)) missing.push(name);
    }
    return resources.length + missing.length === 0 ? undefined : { resources, removed: missing };
  }

  #differs(resource: EncodedResource): boolean {
    return this.#owed.has(resource.name) || this.sent.get(resource.name)?.version !== resource.version;
  }

  markSent({ resources, removed }: Pending, nonce: string, version: string): void {
    for (const resource of resources) {
      this.sent.set(resource.name, resource);
      this.#owed.delete(resource.name);
    }
    for (const name of removed) {
      this.sent.delete(name);
      this.#owed.delete(name);
    }
    this.#answered = true;
    this.nonce = nonce;
    this.version = version;
    this.inFlight = { nonce, names: resources.map((resource) => resource.name), expired: false };
  }

  get awaitsAnswer(): boolean {
    return this.inFlight !== undefined && !this.inFlight.expired;
  }

  /** The client's answer to the response with `nonce`; false when that is not the last one. */
  settle(nonce: string, error: string | undefined, now: number): boolean {
    if (nonce !== this.nonce || this.inFlight === undefined) return false;
    const names = this.inFlight.names;
    this.inFlight = undefined;
    if (error === undefined) {
      this.ackedNonce = nonce;
      this.ackedVersion = this.version;
      this.nack = undefined;
      return true;
    }
    const named = names.filter((name) => error.includes(name));
    this.nack = {
      version: this.version,
      message: error,
      resources: named.length > 0 ? named : names,
      at: now,
    };
    return true;
  }
}
