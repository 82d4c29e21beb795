import { runProxy } from '@lateen/proxy/main/index';

/** One proxy in the foreground, from an Envoy bootstrap. */
export async function main(argv: readonly string[]): Promise<void> {
  await runProxy([...argv]);
}
