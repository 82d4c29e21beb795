import { type Clock, type Log, silentLog, systemClock } from '@lateen/kit';
import { isNotFound } from './error.ts';
import { resources } from './resources.ts';
import type { KubeClient, KubeObject } from './types.ts';

export interface EventRecorder {
  /** Tells the people who look at `object` what happened to it. Never throws and never waits. */
  event(
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    fieldPath?: string,
  ): void;
  /** Resolves when everything recorded so far has been sent or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  /** `source.component`, such as `kubelet`. */
  readonly component: string;
  /** `source.host`. */
  readonly host?: string;
  readonly log?: Log;
  readonly clock?: Clock;
}

interface Known {
  name: string;
  namespace: string;
  count: number;
}

/** Distinct events remembered, so that a repetition raises a count instead of making a new object. */
const remembered = 1000;
/** Events waiting to be sent; what comes beyond that is dropped. */
const waiting = 500;
/** Events of one object in a row, and the time in which one more is allowed. */
const burst = 25;
const refillMilliseconds = 300_000;

/** Sends events as core/v1 objects, one at a time, in order. */
export function createEventRecorder(client: KubeClient, options: EventRecorderOptions): EventRecorder {
  return new Recorder(client, options);
}

class Recorder implements EventRecorder {
  readonly #client: KubeClient;
  readonly #options: EventRecorderOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #allowance = new Map<string, { tokens: number; at: number }>();
  #pending = 0;
  #tail: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(client: KubeClient, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#clock = options.clock ?? systemClock;
  }

  event(
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    fieldPath?: string,
  ): void {
    if (this.#pending >= waiting || !this.#allowed(object)) return;
    this.#pending++;
    const event = this.#build(object, type, reason, message.slice(0, 1024), fieldPath);
    this.#tail = this.#tail
      .then(() => this.#send(event))
      .catch((error) => this.#log.debug(`the event "${message}" was not recorded: ${error.message}`))
      .finally(() => {
        this.#pending--;
      });
  }

  flush(): Promise<void> {
    return this.#tail;
  }

  #allowed(object: KubeObject): boolean {
    const key = object.metadata.uid ?? `${object.kind}/${object.metadata.namespace}/${object.metadata.name}`;
    const now = this.#clock.monotonic();
    const last = this.#allowance.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, last.tokens + (now - last.at) / refillMilliseconds);
    remember(this.#allowance, key, { tokens: Math.max(0, tokens - 1), at: now });
    return tokens >= 1;
  }

  #build(object: KubeObject, type: string, reason: string, message: string, fieldPath?: string): KubeObject {
    const { component, host } = this.#options;
    const { name = '', namespace, uid, resourceVersion } = object.metadata;
    const now = this.#clock.now();
    const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
    // Kubernetes names events by nanoseconds; the sequence keeps those of one millisecond apart.
    const suffix = (BigInt(now) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${suffix}`, namespace: namespace ?? 'default' },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        namespace,
        uid,
        resourceVersion,
        fieldPath,
      },
      reason,
      message,
      source: { component, host },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  async #send(event: KubeObject): Promise<void> {
    const { kind, namespace, name, uid, fieldPath } = event.involvedObject;
    const key = JSON.stringify([
      kind,
      namespace,
      name,
      uid,
      fieldPath,
      event.type,
      event.reason,
      event.message,
    ]);
    const known = this.#known.get(key);
    if (known && (await this.#repeat(known, event.lastTimestamp))) return;
    const created = await this.#client.create(resources.events, event);
    remember(this.#known, key, {
      name: created.metadata.name!,
      namespace: created.metadata.namespace!,
      count: 1,
    });
  }

  /** False when the event that was to be counted again is gone. */
  async #repeat(known: Known, lastTimestamp: string): Promise<boolean> {
    try {
      const patch = { count: known.count + 1, lastTimestamp };
      await this.#client.patch(resources.events, known.name, known.namespace, 'merge', patch);
      known.count++;
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > remembered) map.delete(map.keys().next().value!);
}
