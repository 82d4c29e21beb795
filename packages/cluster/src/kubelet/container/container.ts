import { setHostname } from '../linux/libc.ts';
import {
  closeNamespaces,
  type NamespaceFds,
  type NamespaceGate,
  openCurrentNamespaces,
} from '../linux/namespaces.ts';
import { enterRoot } from './build-root.ts';
import { startInit } from './init.ts';
import { type Exit, type Launched, launch } from './launch.ts';
import type { LogFile, OutputStream } from './log-file.ts';
import type { RootStep } from './root.ts';

export interface ContainerOptions {
  readonly root: readonly RootStep[];
  /** An empty directory on which the container's root is mounted, in the container's namespace only. */
  readonly mountPoint: string;
  readonly mountProgram: string;
  readonly hostname: string;
  readonly network: NamespaceFds;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: boolean;
  readonly tty: boolean;
}

type OutputListener = (stream: OutputStream, chunk: Buffer) => void;

/** Output of one stream taken at once (bytes), and the pause after it (milliseconds). */
const burstBytes = 1024 * 1024;
const burstPause = 50;

/** Milliseconds that output may still take to arrive after the process has ended. */
const drainTime = 1_000;

/**
 * One run of one container: a process with a mount, PID, IPC and host name namespace of its own, in the network
 * namespace of its pod. All that it has started ends with it. It is not the first process of its namespace, because
 * the kernel withholds signals from such a one unless it handles them.
 */
export class Container {
  readonly started: number;
  /** Settles when the process has ended and its output is in the log. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #gate: NamespaceGate;
  readonly #options: ContainerOptions;
  readonly #init: { kill(): void };
  readonly #main: Launched;
  readonly #namespaces: NamespaceFds;
  readonly #listeners = new Set<OutputListener>();
  #ended = false;

  /** Throws when the container cannot be made; nothing is left of it then. */
  constructor(gate: NamespaceGate, options: ContainerOptions, log: LogFile, now: () => number) {
    this.#gate = gate;
    this.#options = options;
    const { init, main, namespaces } = gate.within(options.network, ['uts', 'ipc', 'pid', 'mnt'], () => {
      enterRoot(options.root, options.mountPoint);
      setHostname(options.hostname);
      const init = startInit();
      // Before the program starts, because it begins with laying a /proc of its own over this one.
      const namespaces = openCurrentNamespaces(['uts', 'ipc', 'pid', 'mnt']);
      try {
        const main = launch({ ...options, prologue: `${options.mountProgram} -t proc proc /proc` });
        return { init, main, namespaces };
      } catch (error) {
        init.kill();
        closeNamespaces(namespaces);
        throw error;
      }
    });
    this.#init = init;
    this.#main = main;
    this.#namespaces = namespaces;
    this.started = now();
    this.#collect(log);
    this.exited = this.#finish(log);
  }

  get pid(): number {
    return this.#main.pid;
  }

  get running(): boolean {
    return !this.#ended;
  }

  get tty(): boolean {
    return this.#options.tty;
  }

  get stdin(): Launched['stdin'] {
    return this.#main.stdin;
  }

  resize(columns: number, rows: number): void {
    this.#main.resize(columns, rows);
  }

  /** Called with what the process writes from now on. */
  onOutput(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts another program inside. Throws `ProgramNotFound`, or an error when the container has ended. */
  exec(
    argv: readonly string[],
    { stdin = false, tty = false }: { stdin?: boolean; tty?: boolean } = {},
  ): Launched {
    if (this.#ended) throw new Error('the container is not running');
    const { env, cwd } = this.#options;
    return this.#gate.within({ ...this.#options.network, ...this.#namespaces }, [], () =>
      launch({ argv, env, cwd, stdin, tty }),
    );
  }

  /** Asks the process to end. */
  terminate(): void {
    this.#main.kill('SIGTERM');
  }

  kill(): void {
    this.#init.kill();
    this.#main.kill('SIGKILL');
  }

  #collect(log: LogFile): void {
    const listen = (name: OutputStream, stream: Launched['stdout'] | undefined) => {
      if (!stream) return;
      let recent = 0;
      stream.on('data', (chunk: Buffer) => {
        log.append(name, chunk);
        for (const listener of this.#listeners) listener(name, chunk);
        recent += chunk.length;
        if (recent < burstBytes) return;
        // A program that floods its output must wait: the node has other work to do.
        recent = 0;
        stream.pause();
        setTimeout(() => stream.resume(), burstPause);
      });
    };
    listen('stdout', this.#main.stdout);
    listen('stderr', this.#main.stderr);
  }

  async #finish(log: LogFile): Promise<Exit> {
    const exit = await this.#main.exited;
    this.#ended = true;
    this.#init.kill();
    closeNamespaces(this.#namespaces);
    await Promise.all([ended(this.#main.stdout), ended(this.#main.stderr)]);
    this.#main.stdin?.destroy();
    log.close();
    this.#listeners.clear();
    return exit;
  }
}

/** Resolves when the stream has ended, or has had its time. */
function ended(stream: Launched['stdout'] | undefined): Promise<void> {
  if (!stream || stream.closed || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => stream.destroy(), drainTime);
    stream.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
