import { createHash } from 'node:crypto';
import type { Clock } from '@lateen/kit';
import { decode } from '../decode.ts';
import { resourceName } from '../type-urls.ts';
import type { AnyJson, Node } from '../types.ts';
import { encodeDeltaRequest, encodeRequest, type RawResource, type RawResponse } from './messages.ts';

export interface UpdatedResource<T = AnyJson> {
  readonly name: string;
  readonly version: string;
  readonly message: T;
}

/** What changed, the same for both variants of the protocol. */
export interface Update<T = AnyJson> {
  readonly version: string;
  /** Resources that are new or other than before. */
  readonly resources: readonly UpdatedResource<T>[];
  /** Names of resources that exist no longer. */
  readonly removed: readonly string[];
}

export interface SubscriptionOptions<T = AnyJson> {
  /** Names asked for at first; absent: everything. */
  readonly names?: Iterable<string>;
  /** Milliseconds until `onFetchTimeout` when nothing has come; 15 s when absent, 0 for never. */
  readonly initialFetchTimeout?: number;
  /** Applies an update. What it returns is the reason of a NACK; `undefined` accepts. */
  onUpdate(update: Update<T>): string | undefined;
  onFetchTimeout?(): void;
}

export interface SubscriptionLink {
  readonly delta: boolean;
  readonly clock: Clock;
  send(request: (node: Node | undefined) => Uint8Array): void;
}

const invalidArgument = 3;
const hashOf = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('base64').slice(0, 20);

/** The client's side of one type: names asked for, versions held, and the answers to the server. */
export class Subscription {
  readonly #typeUrl: string;
  readonly #options: SubscriptionOptions;
  readonly #link: SubscriptionLink;
  readonly #wildcard: boolean;
  #names: Set<string>;
  /** Name to the server's version (delta) or hash of what was accepted. */
  readonly #held = new Map<string, { hash: string; version: string }>();
  readonly #nameByHash = new Map<string, string>();
  #version = '';
  #nonce = '';
  #running = false;
  #cancelTimeout: (() => void) | undefined;
  #answered = false;

  constructor(typeUrl: string, options: SubscriptionOptions, link: SubscriptionLink) {
    this.#typeUrl = typeUrl;
    this.#options = options;
    this.#link = link;
    this.#wildcard = options.names === undefined;
    this.#names = new Set(options.names ?? []);
    const timeout = options.initialFetchTimeout ?? 15_000;
    if (timeout > 0)
      this.#cancelTimeout = link.clock.after(timeout, () => this.#answered || options.onFetchTimeout?.());
  }

  /** Asks on a new stream. */
  start(): void {
    this.#nonce = '';
    this.#running = true;
    if (!this.#wildcard && this.#names.size === 0) return;
    if (this.#link.delta) this.#sendDelta([...this.#names], [], Object.fromEntries(this.#versions()));
    else this.#sendState();
  }

  *#versions(): Iterable<[string, string]> {
    for (const [name, { version }] of this.#held) yield [name, version];
  }

  lost(): void {
    this.#running = false;
  }

  close(): void {
    this.#cancelTimeout?.();
  }

  setNames(names: Iterable<string>): void {
    const next = new Set(names);
    const added = [...next].filter((name) => !this.#names.has(name));
    const gone = [...this.#names].filter((name) => !next.has(name));
    if (added.length + gone.length === 0) return;
    this.#names = next;
    for (const name of gone) this.#release(name);
    if (!this.#running) return;
    if (this.#link.delta) this.#sendDelta(added, gone, {});
    else this.#sendState();
  }

  /** Applies a response and answers it; returns why it was refused. */
  receive(response: RawResponse): string | undefined {
    this.#nonce = response.nonce;
    this.#answered = true;
    this.#cancelTimeout?.();
    const problem = this.#apply(response);
    if (problem === undefined) this.#version = response.version;
    const error = problem === undefined ? undefined : { code: invalidArgument, message: problem };
    if (this.#link.delta) this.#sendDelta([], [], {}, error);
    else this.#sendState(error);
    return problem;
  }

  #apply(response: RawResponse): string | undefined {
    try {
      const { changed, names } = this.#changed(response);
      const removed = this.#removed(response, names);
      if (changed.length + removed.length === 0 && this.#version !== '') return undefined;
      const problem = this.#options.onUpdate({ version: response.version, resources: changed, removed });
      if (problem !== undefined) return problem;
      for (const { name, version, hash } of changed) this.#hold(name, version, hash);
      for (const name of removed) this.#release(name);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Decodes what differs from what is held; state-of-the-world responses repeat everything. */
  #changed(response: RawResponse): { changed: (UpdatedResource & { hash: string })[]; names: Set<string> } {
    const changed: (UpdatedResource & { hash: string })[] = [];
    const names = new Set<string>();
    for (const raw of response.resources) {
      const hash = hashOf(raw.value);
      const message = this.#unchanged(raw, hash) ? undefined : decode(raw.typeUrl, raw.value);
      const name = raw.name || (message ? resourceName(message) : this.#nameOf(hash));
      names.add(name);
      if (message && this.#held.get(name)?.hash !== hash) {
        changed.push({ name, version: raw.version || response.version, message, hash });
      }
    }
    return { changed, names };
  }

  #unchanged(raw: RawResource, hash: string): boolean {
    return raw.name === '' ? this.#nameOf(hash) !== '' : this.#held.get(raw.name)?.hash === hash;
  }

  #nameOf(hash: string): string {
    return this.#nameByHash.get(hash) ?? '';
  }

  #hold(name: string, version: string, hash: string): void {
    this.#release(name);
    this.#held.set(name, { version, hash });
    this.#nameByHash.set(hash, name);
  }

  #release(name: string): void {
    const held = this.#held.get(name);
    if (!held) return;
    this.#held.delete(name);
    if (this.#nameByHash.get(held.hash) === name) this.#nameByHash.delete(held.hash);
  }

  #removed(response: RawResponse, names: Set<string>): string[] {
    if (this.#link.delta) return response.removed;
    return this.#wildcard ? [...this.#held.keys()].filter((name) => !names.has(name)) : [];
  }

  #sendState(errorDetail?: { code: number; message: string }): void {
    this.#link.send((node) =>
      encodeRequest({
        node,
        typeUrl: this.#typeUrl,
        versionInfo: this.#version,
        resourceNames: this.#wildcard ? [] : [...this.#names],
        responseNonce: this.#nonce,
        errorDetail,
      }),
    );
  }

  #sendDelta(
    subscribe: string[],
    unsubscribe: string[],
    initialResourceVersions: Record<string, string>,
    errorDetail?: { code: number; message: string },
  ): void {
    const answers = subscribe.length + unsubscribe.length === 0;
    this.#link.send((node) =>
      encodeDeltaRequest({
        node,
        typeUrl: this.#typeUrl,
        resourceNamesSubscribe: subscribe,
        resourceNamesUnsubscribe: unsubscribe,
        initialResourceVersions,
        responseNonce: answers ? this.#nonce : '',
        errorDetail,
      }),
    );
  }
}
