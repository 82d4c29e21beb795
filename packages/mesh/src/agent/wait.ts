import { parseArgs } from 'node:util';
import { delay } from '@lateen/kit';
import { fetchLocal } from './admin.ts';

const text = { type: 'string' } as const;

/** `wait`: until the proxy is ready, so that the application starts after it. Returns the exit code. */
export async function waitForProxy(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: text,
      timeoutSeconds: text,
      periodMillis: text,
      requestTimeoutMillis: text,
      log_output_level: text,
    },
  });
  const url = new URL(values.url ?? 'http://localhost:15021/healthz/ready');
  const deadline = performance.now() + Number(values.timeoutSeconds ?? 60) * 1000;
  const timeout = Number(values.requestTimeoutMillis ?? 500);
  let last = 'no answer yet';
  while (performance.now() < deadline) {
    try {
      const { status } = await fetchLocal(Number(url.port) || 80, url.pathname, { timeout });
      if (status === 200) return 0;
      last = `status ${status}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await delay(Number(values.periodMillis ?? 500));
  }
  process.stderr.write(`timeout waiting for the proxy at ${url}: ${last}\n`);
  return 1;
}
