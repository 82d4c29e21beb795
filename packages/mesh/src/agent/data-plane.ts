import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '@lateen/kit';
import type { Bootstrap } from '@lateen/xds/types';
import { getAdmin, postAdmin } from './admin.ts';
import type { ListeningAddress } from './capture.ts';
import type { AgentOptions } from './options.ts';
import { releaseCodePages } from './unmap.ts';

/** Milliseconds after which nothing that starting needs is needed any more. */
const settlingTime = 4000;

/** The proxy that the agent looks after. */
export interface DataPlane {
  /** Resolves with the exit code when the proxy has ended. */
  readonly ended: Promise<number>;
  /** True when the proxy has its configuration and serves. */
  ready(): Promise<boolean>;
  listeners(): Promise<readonly ListeningAddress[]>;
  /** Answers say `connection: close` from now on. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** Our proxy, in this very process. */
export async function startInProcess(
  bootstrap: Bootstrap,
  options: AgentOptions,
  log: Log,
): Promise<DataPlane> {
  const { startProxy } = await import('@lateen/proxy/main/index');
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const argv = ['--concurrency', '1', '--file-flush-interval-msec', '1000', '--log-level', options.logLevel];
  const proxy = await startProxy(bootstrap, { argv, reusePort: true, onQuit: () => end(0), log });
  proxy.live.then(
    () => setTimeout(releaseCodePages, settlingTime).unref(),
    () => {},
  );
  proxy.live.catch((error) => {
    log.error('the proxy failed', { error });
    end(1);
  });
  return {
    ended,
    ready: async () => proxy.state === 'LIVE',
    listeners: async () => proxy.listeners().flatMap(({ addresses }) => addresses),
    drain: async () => proxy.drain(),
    stop: () => proxy.stop(),
  };
}

/** A real Envoy as a child. */
export async function startEnvoy(
  binary: string,
  bootstrap: Bootstrap,
  options: AgentOptions,
  directory: string,
): Promise<DataPlane> {
  const file = `${directory}/envoy-rev.json`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(bootstrap, null, 2));
  const flags = [
    '-c',
    file,
    '--drain-time-s',
    '45',
    '--drain-strategy',
    'immediate',
    '--disable-hot-restart',
  ];
  const logging = ['--log-level', options.logLevel, '--file-flush-interval-msec', '1000'];
  const concurrency = ['--concurrency', String(Math.max(1, options.concurrency))];
  const child = spawn(binary, [...flags, ...logging, ...concurrency], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', () => resolve(127));
  });
  const port = options.adminPort;
  return {
    ended,
    ready: async () => (await getAdmin(port, '/ready')).trim() === 'LIVE',
    listeners: async () => envoyListeners(JSON.parse(await getAdmin(port, '/listeners?format=json'))),
    drain: () => postAdmin(port, '/healthcheck/fail'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function envoyListeners(page: any): ListeningAddress[] {
  const statuses: any[] = page.listener_statuses ?? page.listenerStatuses ?? [];
  return statuses.flatMap((status) => {
    const socket = (status.local_address ?? status.localAddress)?.socket_address;
    return socket ? [{ address: socket.address, port: socket.port_value }] : [];
  });
}
