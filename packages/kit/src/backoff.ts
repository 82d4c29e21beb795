export interface BackoffOptions {
  /** First delay in milliseconds. */
  readonly base: number;
  /** Largest delay in milliseconds. */
  readonly max: number;
  /** Growth of the delay after each failure; 2 when absent. */
  readonly factor?: number;
}

/** The delay in milliseconds before attempt `attempt` (0 is the first retry), without jitter. */
export function backoffDelay(options: BackoffOptions, attempt: number): number {
  return Math.min(options.max, options.base * (options.factor ?? 2) ** attempt);
}
