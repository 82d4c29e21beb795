import { createLog, type Log, type LogLevel, silentLog, systemClock } from '@lateen/kit';
import { createKubeClient, defaultConfig as defaultKubeConfig, loadKubeconfig } from '@lateen/kube';
import type { KubeClient } from '@lateen/kube/types';
import { type ControlPlane, type ControlPlaneHooks, ControlPlaneServer } from './control-plane.ts';
import { type ControlPlaneConfig, defaultConfig, readOptions, UsageError } from './options.ts';
import { request } from './request.ts';

export type { ControlPlane, ControlPlaneHooks } from './control-plane.ts';
export { type ControlPlaneConfig, defaultConfig } from './options.ts';

export interface StartOptions {
  readonly client: KubeClient;
  readonly config?: Partial<ControlPlaneConfig>;
  readonly hooks?: ControlPlaneHooks;
  readonly log?: Log;
  /** Stops everything. */
  readonly signal?: AbortSignal;
}

/** Starts a control plane; resolves when it is ready to serve proxies. */
export async function startControlPlane({
  client,
  config,
  hooks = {},
  log = silentLog,
  signal,
}: StartOptions): Promise<ControlPlane> {
  const server = new ControlPlaneServer({
    client,
    config: { ...defaultConfig, ...config },
    hooks,
    log,
    clock: systemClock,
  });
  signal?.addEventListener('abort', () => void server.stop(), { once: true });
  await server.start();
  return server;
}

const usage = `usage: pilot-discovery discovery [flags]
       pilot-discovery request GET PATH

flags: --kubeconfig FILE  --domain SUFFIX  --grpcAddr :15010  --httpAddr :8080  --monitoringAddr :15014  --httpsAddr :15017
`;

/** The program: \`discovery\` (also without the word), \`request\`, \`version\`. */
export async function runControlPlane(argv: readonly string[], hooks: ControlPlaneHooks = {}): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  const [verb, ...rest] = argv[0]?.startsWith('-') || argv.length === 0 ? ['discovery', ...argv] : argv;
  if (verb === 'request') return request(rest, 15014);
  if (verb === 'version') {
    process.stdout.write('lateen control plane 0.1.0\n');
    return;
  }
  if (verb !== 'discovery') {
    process.stderr.write(`unknown command ${verb}\n\n${usage}`);
    process.exitCode = 64;
    return;
  }
  await discovery(rest, hooks);
}

async function discovery(argv: readonly string[], hooks: ControlPlaneHooks): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  try {
    const { config, kubeconfig, logLevel } = readOptions(argv, process.env);
    const log = createLog('istiod', logLevel as LogLevel);
    const connection = kubeconfig === undefined ? defaultKubeConfig(process.env) : loadKubeconfig(kubeconfig);
    const client = createKubeClient(connection);
    const running = await startControlPlane({ client, config, hooks, log, signal: stop.signal });
    await running.stopped;
    client.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(
      `error: ${error instanceof Error ? error.message : error}\n${error instanceof UsageError ? `\n${usage}` : ''}`,
    );
    process.exit(error instanceof UsageError ? 64 : 1);
  }
}
