import { runPilotAgent } from '../agent/index.ts';

/** What the proxyv2 image runs. */
export async function main(argv: readonly string[]): Promise<void> {
  await runPilotAgent([...argv]);
}
