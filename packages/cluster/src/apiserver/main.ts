import { parseArgs } from 'node:util';
import { createLog } from '@lateen/kit';
import type { Profile } from './core.ts';
import { startApiServer } from './server.ts';

/**
 * An API server in the foreground: `--state-dir DIR [--address IP] [--port N] [--profile demo|none|api]
 * [--socket PATH] [--node-socket PATH]`. Prints the kubeconfig's path when it answers; ends on SIGTERM and SIGINT.
 */
export async function runApiServer(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'state-dir': { type: 'string' },
      address: { type: 'string' },
      port: { type: 'string' },
      profile: { type: 'string' },
      socket: { type: 'string' },
      'node-socket': { type: 'string' },
      'context-name': { type: 'string' },
    },
  });
  if (!values['state-dir'])
    throw new Error('api-server: --state-dir DIR is missing: the folder that keeps the cluster');
  const log = createLog('api-server');
  const server = await startApiServer({
    stateDir: values['state-dir'],
    ...(values.address && { address: values.address }),
    ...(values.port && { port: Number(values.port) }),
    ...(values.profile && { profile: values.profile as Profile }),
    ...(values.socket && { socketPath: values.socket }),
    ...(values['node-socket'] && { nodeSocketPath: values['node-socket'] }),
    ...(values['context-name'] && { contextName: values['context-name'] }),
    log,
  });
  log.info(`serving on ${server.url}`);
  process.stdout.write(`${server.kubeconfig}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await server.close();
}
