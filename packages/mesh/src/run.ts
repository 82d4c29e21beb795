import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root, where bin/, samples/ and install/ stand. */
export const projectRoot: string = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** Starts the program under the name by which it was called. Everything is loaded after the compile cache is on. */
export async function run(program: 'lateen' | 'istioctl'): Promise<void> {
  enableCompileCache(path.join(projectRoot, 'dist/.cache'));
  const { main } = await import('./main.ts');
  await main(program, process.argv.slice(2), projectRoot);
}
