import { runControlPlane } from '@lateen/control-plane/server/index';

/** The control plane alone: what the pilot image runs, and `lateen control-plane`. */
export async function main(argv: readonly string[]): Promise<void> {
  await runControlPlane([...argv]);
}
