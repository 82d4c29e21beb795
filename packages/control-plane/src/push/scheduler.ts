import type { Clock } from '@lateen/kit';

export interface ScheduleOptions {
  readonly clock: Clock;
  /** Milliseconds between runs while changes keep coming. */
  readonly interval: number;
  run(): void;
}

/** Runs at once after a quiet time, then at most once an interval, and once more after the last change. */
export class Scheduler {
  readonly #options: ScheduleOptions;
  #lastEnd = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  request(): void {
    if (this.#cancel || this.#stopped) return;
    const { clock, interval } = this.#options;
    const wait = this.#lastEnd + interval - clock.monotonic();
    if (wait > 0) this.#cancel = clock.after(wait, () => this.#run());
    else {
      const immediate = setImmediate(() => this.#run());
      this.#cancel = () => clearImmediate(immediate);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #run(): void {
    this.#cancel = undefined;
    if (this.#stopped) return;
    try {
      this.#options.run();
    } finally {
      this.#lastEnd = this.#options.clock.monotonic();
    }
  }
}
