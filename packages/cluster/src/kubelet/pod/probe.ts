import type { Clock } from '@lateen/kit';

export interface ProbeOutcome {
  readonly ok: boolean;
  /** What a failed probe saw, for the event. */
  readonly message: string;
}

export interface ProbeSpec {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

export interface ProbeLoopOptions {
  readonly spec: ProbeSpec;
  readonly clock: Clock;
  /** Asks once; must settle soon after the timeout by itself. */
  check(timeoutMilliseconds: number): Promise<ProbeOutcome>;
  /** Called with every failure. */
  onFailure(message: string): void;
  /** Called when a threshold is passed, and at the end of each further row of failures. */
  onResult(ok: boolean): void;
}

/** Timers may fire this much too early (milliseconds). */
const timerSlack = 5;

const seconds = (value: number | undefined, otherwise: number) => (value ?? otherwise) * 1000;

/**
 * Asks again and again until it is stopped. Until the first success it asks ten times as often as the period says, since
 * a local process starts in milliseconds; failures count once a period all the same.
 */
export function startProbe(options: ProbeLoopOptions): () => void {
  const { spec, clock } = options;
  const period = seconds(spec.periodSeconds || undefined, 10);
  const counter = new ThresholdCounter(spec.successThreshold ?? 1, spec.failureThreshold ?? 3);
  let stopped = false;
  let cancel = () => {};
  let due = clock.monotonic() + seconds(spec.initialDelaySeconds, 0);
  const ask = async () => {
    const isDue = clock.monotonic() >= due - timerSlack;
    if (isDue) due = clock.monotonic() + period;
    const outcome = await options
      .check(seconds(spec.timeoutSeconds || undefined, 1))
      .catch((error: Error): ProbeOutcome => ({ ok: false, message: error.message }));
    if (stopped) return;
    if (isDue || (outcome.ok && !counter.settled)) report(outcome);
    if (stopped) return;
    const wait = Math.max(0, due - clock.monotonic());
    cancel = clock.after(counter.settled ? wait : Math.min(wait, Math.max(100, period / 10)), ask);
  };
  const report = (outcome: ProbeOutcome) => {
    if (!outcome.ok) options.onFailure(outcome.message);
    if (counter.add(outcome.ok)) options.onResult(outcome.ok);
  };
  cancel = clock.after(seconds(spec.initialDelaySeconds, 0), ask);
  return () => {
    stopped = true;
    cancel();
  };
}

/** Counts successes and failures in a row against their thresholds. */
export class ThresholdCounter {
  readonly #success: number;
  readonly #failure: number;
  #last: boolean | undefined;
  #row = 0;
  #hasSucceeded = false;

  constructor(success: number, failure: number) {
    this.#success = success;
    this.#failure = failure;
  }

  /** Whether there has been a success yet. */
  get settled(): boolean {
    return this.#hasSucceeded;
  }

  /** True when this outcome passes its threshold. */
  add(ok: boolean): boolean {
    this.#row = this.#last === ok ? this.#row + 1 : 1;
    this.#last = ok;
    if (ok) this.#hasSucceeded = true;
    return this.#row >= (ok ? this.#success : this.#failure);
  }
}
