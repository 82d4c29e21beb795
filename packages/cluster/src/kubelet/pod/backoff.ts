import { backoffDelay } from '@lateen/kit';

const restart = { base: 10_000, max: 300_000 };
/** A run of this length makes earlier failures forgotten. */
const stable = 600_000;

export interface RestartDelay {
  readonly failures: number;
  readonly milliseconds: number;
}

/** How long to wait before a container that ran for `ran` milliseconds is started again: at once the first time. */
export function restartDelay(failures: number, ran: number): RestartDelay {
  const before = ran >= stable ? 0 : failures;
  return { failures: before + 1, milliseconds: before === 0 ? 0 : backoffDelay(restart, before - 1) };
}

/** A duration as Kubernetes prints it in messages: `10s`, `1m20s`, `5m0s`. */
export function formatDelay(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
