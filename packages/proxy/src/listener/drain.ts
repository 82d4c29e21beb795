import type { DrainSignal } from '../stream-info.ts';

/** A signal that can be raised once, or again after it was taken back. */
export class Drain implements DrainSignal {
  draining = false;
  private readonly listeners = new Set<() => void>();

  start(): void {
    if (this.draining) return;
    this.draining = true;
    for (const listener of [...this.listeners]) listener();
  }

  /** `/healthcheck/ok` after `/healthcheck/fail`. */
  stop(): void {
    this.draining = false;
  }

  onDrain(callback: () => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }
}

/** Drains when either of two does. */
export class EitherDrain implements DrainSignal {
  private readonly first: DrainSignal;
  private readonly second: DrainSignal;

  constructor(first: DrainSignal, second: DrainSignal) {
    this.first = first;
    this.second = second;
  }

  get draining(): boolean {
    return this.first.draining || this.second.draining;
  }

  onDrain(callback: () => void): () => void {
    const offFirst = this.first.onDrain(callback);
    const offSecond = this.second.onDrain(callback);
    return () => {
      offFirst();
      offSecond();
    };
  }
}
