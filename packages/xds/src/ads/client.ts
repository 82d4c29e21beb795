import { backoffDelay, type Clock, type Log } from '@lateen/kit';
import type { AnyJson, Node } from '../types.ts';
import type { GrpcStream, GrpcStreamHandlers } from './grpc-stream.ts';
import { decodeResponse, type RawResponse } from './messages.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';

export { openGrpcStream } from './grpc-stream.ts';
export { adsMethods } from './messages.ts';
export type { SubscriptionOptions, Update, UpdatedResource } from './subscription.ts';

export interface AdsClientOptions {
  readonly node: Node;
  readonly delta: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Opens a stream to the server; called again after each loss. See `openGrpcStream`. */
  open(handlers: GrpcStreamHandlers): GrpcStream;
  /** A number from 0 to 1 for the jitter of reconnection. */
  random(): number;
  onConnected?(connected: boolean): void;
}

const backoff = { base: 200, max: 10_000 };

/**
 * The proxy's end of the aggregated discovery service. Subscriptions live as long as the client: after a loss they are
 * asked for again with what is already known, and what they hold stays in force meanwhile.
 */
export class AdsClient {
  readonly #options: AdsClientOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  #stream: GrpcStream | undefined;
  #nodeSent = false;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #closed = false;

  constructor(options: AdsClientOptions) {
    this.#options = options;
  }

  /** Subscribes to one type; there is one subscription a type. With `names` absent it is for everything. */
  subscribe<T extends AnyJson>(
    typeUrl: string,
    options: SubscriptionOptions<T>,
  ): { setNames(names: Iterable<string>): void } {
    if (this.#subscriptions.has(typeUrl)) throw new Error(`there is a subscription to ${typeUrl} already`);
    const subscription = new Subscription(typeUrl, options as SubscriptionOptions, {
      delta: this.#options.delta,
      clock: this.#options.clock,
      send: (request) => this.#send(request),
    });
    this.#subscriptions.set(typeUrl, subscription);
    if (this.#stream) subscription.start();
    return { setNames: (names) => subscription.setNames(names) };
  }

  /** Connects, and keeps connecting until `close`. */
  start(): void {
    if (this.#stream || this.#closed) return;
    this.#nodeSent = false;
    this.#stream = this.#options.open({
      onMessage: (message) => this.#receive(message),
      onEnd: (reason) => this.#onEnd(reason),
    });
    for (const subscription of this.#subscriptions.values()) subscription.start();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#stream?.close();
  }

  /** Only the first request of a stream says who asks. */
  #send(request: (node: Node | undefined) => Uint8Array): void {
    if (!this.#stream) return;
    const message = request(this.#nodeSent ? undefined : this.#options.node);
    this.#nodeSent = true;
    this.#stream.write(message);
  }

  #receive(message: Buffer): void {
    let response: RawResponse;
    try {
      response = decodeResponse(message, this.#options.delta);
    } catch (error) {
      this.#options.log.error('the server sent what is no discovery response', { error });
      this.#stream?.close();
      return;
    }
    if (this.#failures !== -1) {
      this.#failures = -1;
      this.#options.onConnected?.(true);
    }
    const subscription = this.#subscriptions.get(response.typeUrl);
    const problem = subscription?.receive(response);
    if (problem) this.#options.log.warn('refused an update', { type: response.typeUrl, problem });
  }

  #onEnd(reason: string): void {
    this.#stream = undefined;
    for (const subscription of this.#subscriptions.values()) subscription.lost();
    if (this.#closed) return;
    if (this.#failures === -1) this.#options.onConnected?.(false);
    this.#failures = Math.max(0, this.#failures) + 1;
    const wait = backoffDelay(backoff, this.#failures - 1) * (0.5 + this.#options.random() / 2);
    this.#options.log.warn('the discovery stream ended', { reason, retryInMs: Math.round(wait) });
    this.#cancelRetry = this.#options.clock.after(wait, () => this.start());
  }
}
