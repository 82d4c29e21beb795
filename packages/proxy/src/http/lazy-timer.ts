import type { Clock } from '@lateen/kit';

/**
 * A timer that is armed and disarmed for every request at the price of two assignments: the real timer is left
 * running and looks at the deadline when it fires.
 */
export class LazyTimer {
  private readonly clock: Clock;
  private readonly callback: () => void;
  private deadline = Number.POSITIVE_INFINITY;
  private runsUntil = Number.POSITIVE_INFINITY;
  private cancel: (() => void) | undefined;
  private readonly fire: () => void;

  constructor(clock: Clock, callback: () => void) {
    this.clock = clock;
    this.callback = callback;
    this.fire = () => this.onFire();
  }

  /** Calls back after `milliseconds`, forgetting any earlier arming. `now` is the monotonic time. */
  arm(milliseconds: number, now: number): void {
    const deadline = now + milliseconds;
    this.deadline = deadline;
    if (this.runsUntil <= deadline) return;
    this.cancel?.();
    this.run(milliseconds, deadline);
  }

  get armed(): boolean {
    return this.deadline !== Number.POSITIVE_INFINITY;
  }

  disarm(): void {
    this.deadline = Number.POSITIVE_INFINITY;
  }

  /** Disarms and stops the real timer; for the end of the owner's life. */
  stop(): void {
    this.disarm();
    this.cancel?.();
    this.cancel = undefined;
    this.runsUntil = Number.POSITIVE_INFINITY;
  }

  private run(milliseconds: number, until: number): void {
    this.runsUntil = until;
    this.cancel = this.clock.after(Math.max(1, milliseconds), this.fire);
  }

  private onFire(): void {
    this.runsUntil = Number.POSITIVE_INFINITY;
    this.cancel = undefined;
    if (this.deadline === Number.POSITIVE_INFINITY) return;
    const left = this.deadline - this.clock.monotonic();
    if (left >= 1) {
      this.run(left, this.deadline);
      return;
    }
    this.deadline = Number.POSITIVE_INFINITY;
    this.callback();
  }
}
