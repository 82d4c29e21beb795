import { type BackoffOptions, backoffDelay, type Clock, type Log, silentLog, systemClock } from '@lateen/kit';

export interface ReconcilerOptions {
  readonly name: string;
  /** Brings the object with this key to where it should be. Return milliseconds to be called again then. */
  // biome-ignore lint/suspicious/noConfusingVoidType: what an async function that sometimes returns a number has
  reconcile(key: string, signal: AbortSignal): Promise<number | void> | number | void;
  /** Keys at work at the same time; 4 when absent. One key is never at work twice. */
  readonly concurrency?: number;
  readonly backoff?: BackoffOptions;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Nothing is worked on before this has resolved, so that caches are full first. */
  readonly ready?: Promise<unknown>;
}

/** A queue of keys: each is worked on soon after it was added, once however often, and again later when that failed. */
export interface Reconciler {
  add(key: string): void;
  /** Adds the key after a while; an earlier appointment stands, a later one is moved. */
  addAfter(key: string, milliseconds: number): void;
  /** Forgets everything queued and resolves when nothing is at work any more. */
  stop(): Promise<void>;
  /** Resolves when nothing is queued or at work; appointments do not count. */
  idle(): Promise<void>;
}

const defaultBackoff = { base: 20, max: 10_000 };

export function createReconciler(options: ReconcilerOptions): Reconciler {
  return new WorkQueue(options);
}

class WorkQueue implements Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #queued = new Set<string>();
  readonly #active = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #appointments = new Map<string, { at: number; cancel: () => void }>();
  readonly #abort = new AbortController();
  #idleWaiters: Array<() => void> = [];
  #scheduled = false;
  #ready: boolean;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#clock = options.clock ?? systemClock;
    this.#ready = options.ready === undefined;
    void options.ready?.then(() => {
      this.#ready = true;
      this.#schedule();
    });
  }

  add(key: string): void {
    if (this.#abort.signal.aborted) return;
    if (this.#active.has(key)) this.#again.add(key);
    else this.#queued.add(key);
    this.#schedule();
  }

  addAfter(key: string, milliseconds: number): void {
    if (this.#abort.signal.aborted) return;
    const at = this.#clock.monotonic() + milliseconds;
    const existing = this.#appointments.get(key);
    if (existing && existing.at <= at) return;
    existing?.cancel();
    const cancel = this.#clock.after(milliseconds, () => {
      this.#appointments.delete(key);
      this.add(key);
    });
    this.#appointments.set(key, { at, cancel });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#queued.clear();
    this.#again.clear();
    for (const { cancel } of this.#appointments.values()) cancel();
    this.#appointments.clear();
    await this.idle();
  }

  idle(): Promise<void> {
    if (this.#queued.size === 0 && this.#active.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Work starts in a later turn, so that a burst of events for one key is one piece of work. */
  #schedule(): void {
    if (this.#scheduled || !this.#ready) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#fill();
    });
  }

  #fill(): void {
    for (const key of this.#queued) {
      if (this.#active.size >= (this.#options.concurrency ?? 4)) return;
      this.#queued.delete(key);
      this.#active.add(key);
      void this.#work(key);
    }
    if (this.#active.size > 0 || this.#queued.size > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  async #work(key: string): Promise<void> {
    try {
      const after = await this.#options.reconcile(key, this.#abort.signal);
      this.#failures.delete(key);
      if (typeof after === 'number') this.addAfter(key, after);
    } catch (error) {
      this.#retry(key, error as Error);
    }
    this.#active.delete(key);
    if (this.#again.delete(key)) this.#queued.add(key);
    this.#fill();
  }

  #retry(key: string, error: Error): void {
    if (this.#abort.signal.aborted) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const level = failures === 5 ? 'warn' : 'debug';
    this.#log[level](`${this.#options.name} ${key}: ${error.message}; trying again`);
    this.addAfter(key, backoffDelay(this.#options.backoff ?? defaultBackoff, failures));
  }
}
