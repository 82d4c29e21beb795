import { runDiscovery } from '../agent/discovery.ts';

/** The control plane alone: what the pilot image runs, and `lateen control-plane`. */
export async function main(argv: readonly string[]): Promise<void> {
  await runDiscovery([...argv]);
}
