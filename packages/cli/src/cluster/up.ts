import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkNamespaces } from '@lateen/cluster/kubelet/check-namespaces';
import { delay } from '@lateen/kit';
import { CommandError } from '../context.ts';
import { type ClusterStatus, daemonStatus } from './daemon-client.ts';
import type { ClusterConfig, ClusterFiles, DataPlane, Profile } from './files.ts';
import { withLock } from './lock.ts';

export interface UpInput {
  readonly files: ClusterFiles;
  readonly projectRoot: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the user asked for; absent fields keep what an existing cluster has. */
  readonly profile?: Profile;
  readonly address?: string;
  readonly dataPlane?: DataPlane;
  readonly envoyPath?: string;
  /** Milliseconds until `up` gives up; 60 s when absent. */
  readonly timeout?: number;
  readonly onStage: (stage: string) => void;
}

/**
 * Starts the cluster, or repairs it, and returns once every part is ready. Idempotent: a cluster that runs stays as it is,
 * and a request that it cannot fulfil (another address, another data plane) is refused.
 */
export async function up(input: UpInput): Promise<ClusterStatus> {
  const { files } = input;
  makeHome(files.home);
  return withLock(path.join(files.home, `.${files.name}.lock`), async () => {
    const previous = readConfig(files);
    const config = mergeConfig(input, previous);
    const running = await daemonStatus(files);
    if (!running) {
      await refuseWithoutNamespaces(config);
      startDaemon(input, config);
    } else if (previous && !sameConfig(previous, config)) {
      throw new CommandError(
        `cluster ${files.name} already runs with ${describe(previous)}; run 'lateen down${nameFlag(files)}' first to start it with ${describe(config)}`,
      );
    }
    return waitUntilReady(input);
  });
}

/** A cluster that runs pods needs namespaces; where the kernel refuses them, the message says which setting does. */
async function refuseWithoutNamespaces(config: ClusterConfig): Promise<void> {
  if (config.profile === 'api') return;
  const check = await checkNamespaces();
  if (!check.ok) throw new CommandError(check.problem);
}

export function readConfig(files: ClusterFiles): ClusterConfig | undefined {
  if (!existsSync(files.config)) return undefined;
  try {
    return JSON.parse(readFileSync(files.config, 'utf8')) as ClusterConfig;
  } catch (error) {
    throw new CommandError(
      `${files.config}: cannot be read (${(error as Error).message}); 'lateen down' removes the cluster`,
    );
  }
}

function mergeConfig(input: UpInput, previous: ClusterConfig | undefined): ClusterConfig {
  const envoyPath = input.envoyPath ?? previous?.envoyPath;
  return {
    name: input.files.name,
    profile: input.profile ?? previous?.profile ?? 'demo',
    address: input.address ?? previous?.address ?? '127.0.0.1',
    dataPlane: input.dataPlane ?? previous?.dataPlane ?? 'lateen',
    ...(envoyPath ? { envoyPath } : {}),
    apiPort: previous?.apiPort ?? 0,
  };
}

function sameConfig(a: ClusterConfig, b: ClusterConfig): boolean {
  return a.profile === b.profile && a.address === b.address && a.dataPlane === b.dataPlane;
}

function describe(config: ClusterConfig): string {
  return `--profile ${config.profile} --address ${config.address} --data-plane ${config.dataPlane}`;
}

function nameFlag(files: ClusterFiles): string {
  return files.name === 'lateen' ? '' : ` --name ${files.name}`;
}

function makeHome(home: string): void {
  try {
    makeFolders(home);
    accessSync(home, constants.W_OK);
  } catch (error) {
    throw new CommandError(
      `cannot write to ${home} (${(error as Error).message}); set LATEEN_HOME to a folder of yours`,
    );
  }
}

/** One by one: Node's own recursive way never returns below /proc. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** The daemon inherits nothing of the caller but its environment: a pipe on the caller's output would otherwise stay open. */
function startDaemon(input: UpInput, config: ClusterConfig): void {
  const { files } = input;
  for (const dir of [files.dir, files.logs, files.run]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(files.config, `${JSON.stringify(config, null, 2)}\n`);
  const log = openSync(path.join(files.logs, 'daemon.log'), 'a');
  const child = spawn(process.execPath, [process.argv[1]!, 'daemon', '--name', files.name], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
    env: { ...input.env, LATEEN_HOME: files.home },
  });
  child.unref();
}

async function waitUntilReady(input: UpInput): Promise<ClusterStatus> {
  const { files } = input;
  const timeout = input.timeout ?? 60_000;
  const deadline = performance.now() + timeout;
  let last: ClusterStatus | undefined;
  for (;;) {
    const status = await daemonStatus(files);
    if (status?.failed) throw new CommandError(`cluster ${files.name}: ${status.failed}`);
    if (status?.ready) return status;
    if (!status && last)
      throw new CommandError(`the daemon of cluster ${files.name} ended; see ${files.logs}/daemon.log`);
    if (status) {
      last = status;
      input.onStage(status.stage);
    }
    if (performance.now() > deadline) throw new CommandError(notReadyMessage(files, last, timeout));
    await delay(40);
  }
}

function notReadyMessage(files: ClusterFiles, status: ClusterStatus | undefined, timeout: number): string {
  if (!status) return `the daemon of cluster ${files.name} did not start; see ${files.logs}/daemon.log`;
  const missing = status.components.filter((component) => !component.ready);
  const lines = missing.map(
    (component) => `  ${component.kind} ${component.name}: ${component.message ?? 'not ready'}`,
  );
  return [`cluster ${files.name} is not ready after ${timeout / 1000} s (${status.stage}):`, ...lines].join(
    '\n',
  );
}
