import { mains } from './mains/index.ts';

/**
 * A first argument that names a part of the mesh runs that part in this process; anything else is a command of the CLI.
 * `istioctl` has commands only.
 */
export async function main(
  program: 'lateen' | 'istioctl',
  argv: readonly string[],
  projectRoot: string,
): Promise<void> {
  const part = program === 'lateen' ? mains[argv[0] ?? ''] : undefined;
  if (part) return part({ argv: argv.slice(1), projectRoot });
  const { runCli } = await import('@lateen/cli');
  await runCli(program, argv, projectRoot);
}
