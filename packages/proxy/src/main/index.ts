import { createLog, type Log, type LogLevel } from '@lateen/kit';
import type { OpenStream } from '../config/xds/source.ts';
import type { SocketAddress } from '../connection-info.ts';
import { BootstrapError, loadBootstrapFiles, readBootstrap } from './bootstrap.ts';
import { type CommandLine, flagNames, parseCommandLine, UsageError } from './options.ts';
import { ProxyServer, type ServerState } from './server.ts';
import { proxyVersion } from './version.ts';

export { BootstrapError } from './bootstrap.ts';

export interface ProxyOptions {
  /** As on the command line, e.g. `['--concurrency', '1']`. */
  readonly argv?: readonly string[];
  readonly log?: Log;
  /** Called when `/quitquitquit` asks the process to end. */
  readonly onQuit?: () => void;
  readonly reusePort?: boolean;
  /** Opens the aggregated discovery stream instead of connecting to the server that the bootstrap names. */
  readonly openAds?: OpenStream;
}

/** A proxy that runs. */
export interface Proxy {
  readonly state: ServerState;
  /** Where the administration interface listens. */
  readonly adminAddress: SocketAddress | undefined;
  /** Resolves when the proxy is LIVE. */
  readonly live: Promise<void>;
  /** Answers say `connection: close` from now on, new connections are still taken. */
  drain(): void;
  /** Names and addresses of the listeners that listen now. */
  listeners(): readonly {
    readonly name: string;
    readonly addresses: readonly SocketAddress[];
    readonly direction: string;
  }[];
  /** Opens access logs anew, for log rotation. */
  reopenLogs(): void;
  stop(): Promise<void>;
}

/** Starts a proxy in this process; resolves when its admin port is open. Throws a BootstrapError when the bootstrap is refused. */
export async function startProxy(bootstrap: unknown, options: ProxyOptions = {}): Promise<Proxy> {
  const line = parseCommandLine(options.argv ?? []);
  const log = options.log ?? createLog('envoy', logLevel(line));
  const server = new ProxyServer(bootstrap, {
    log,
    line,
    quit: options.onQuit,
    reusePort: options.reusePort,
    openAds: options.openAds,
  });
  const live = server.start();
  live.catch(() => server.close());
  await Promise.race([live, new Promise((resolve) => setImmediate(resolve))]);
  return {
    get state() {
      return server.state;
    },
    get adminAddress() {
      return server.adminAddress;
    },
    live,
    drain: () => server.failHealthCheck(true),
    listeners: () =>
      server.listeners.entries().map(({ listener }) => ({
        name: listener.config.name,
        addresses: server.listeners.localAddresses(listener),
        direction: listener.config.message.trafficDirection ?? 'UNSPECIFIED',
      })),
    reopenLogs: () => server.reopenLogs(),
    stop: () => server.close(),
  };
}

function logLevel(line: CommandLine): LogLevel {
  const levels: Readonly<Record<string, LogLevel>> = {
    trace: 'debug',
    debug: 'debug',
    info: 'info',
    warning: 'warn',
    warn: 'warn',
  };
  return levels[line.logLevel] ?? 'error';
}

/** The program: Envoy's flags; the number is the exit code, which the process has too, undefined while the proxy runs. */
export async function runProxy(argv: readonly string[]): Promise<number | undefined> {
  const code = await execute(argv);
  if (code !== undefined) process.exitCode = code;
  return code;
}

async function execute(argv: readonly string[]): Promise<number | undefined> {
  let line: CommandLine;
  try {
    line = parseCommandLine(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
  if (line.version) {
    process.stdout.write(`lateen proxy  version: ${proxyVersion}\n`);
    return 0;
  }
  if (line.help) {
    process.stdout.write(
      `usage: proxy -c FILE [flags]\n\n${flagNames()
        .map((name) => `  ${name}\n`)
        .join('')}`,
    );
    return 0;
  }
  const log = createLog('envoy', logLevel(line));
  try {
    return line.mode === 'validate' ? await validate(line) : await serve(argv, line, log);
  } catch (error) {
    const lines =
      error instanceof BootstrapError
        ? error.problems.map((problem) =>
            problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`,
          )
        : [error instanceof Error ? error.message : String(error)];
    for (const text of lines)
      process.stderr.write(`error initializing configuration '${line.configPath}': ${text}\n`);
    return 1;
  }
}

async function validate(line: CommandLine): Promise<number> {
  const server = new ProxyServer(await loadBootstrapFiles(line), { log: createLog('envoy', 'error'), line });
  await server.close();
  process.stdout.write(`configuration '${line.configPath}' OK\n`);
  return 0;
}

async function serve(argv: readonly string[], line: CommandLine, log: Log): Promise<undefined> {
  const ended = (code: number) => process.exit(code);
  if ((line.concurrency ?? 1) > 1)
    log.warn('one worker serves all connections', { concurrency: line.concurrency });
  const proxy = await startProxy(await loadBootstrapFiles(line), {
    argv,
    log,
    onQuit: () => void proxy.stop().then(() => ended(0)),
  });
  proxy.live.then(
    () => log.info('all dependencies initialized. starting workers'),
    (error: Error) => {
      log.error(error.message);
      ended(1);
    },
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info(`caught ${signal}`);
      void proxy.stop().then(() => ended(0));
    });
  }
  process.on('SIGUSR1', () => proxy.reopenLogs());
  return undefined;
}

export { readBootstrap };

if (import.meta.main) await runProxy(process.argv.slice(2));
