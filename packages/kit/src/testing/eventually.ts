import { delay } from '../clock.ts';

/**
 * Runs `check` until it neither throws nor returns false, and returns what it returned.
 * Throws the last failure after `timeout` milliseconds (10 s when absent).
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeout = 10_000, interval = 20 }: { timeout?: number; interval?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value !== false) return value;
      failure = new Error('the condition stayed false');
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw failure;
    await delay(interval);
  }
}
