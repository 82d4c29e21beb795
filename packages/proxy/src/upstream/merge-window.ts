import type { Clock } from '@lateen/kit';

/** Gathers frequent changes: the first passes at once, those within the window after it wait for its end. */
export class MergeWindow {
  private readonly length: number;
  private readonly clock: Clock;
  private readonly apply: () => void;
  private last = Number.NEGATIVE_INFINITY;
  private cancel: (() => void) | undefined;

  constructor(length: number, clock: Clock, apply: () => void) {
    this.length = length;
    this.clock = clock;
    this.apply = apply;
  }

  /** Applies at once, and with it whatever was waiting. */
  now(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.apply();
  }

  later(): void {
    if (this.length <= 0 || this.clock.monotonic() - this.last > this.length) {
      this.last = this.clock.monotonic();
      this.now();
    } else this.cancel ??= this.clock.after(this.length, () => this.flush());
  }

  private flush(): void {
    this.cancel = undefined;
    this.last = this.clock.monotonic();
    this.apply();
  }

  close(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}
