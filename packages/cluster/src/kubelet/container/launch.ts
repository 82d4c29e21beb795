import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { openPipe, openTerminal, resizeTerminal } from '../linux/libc.ts';
import { findProgram, searchPath } from './host.ts';

export interface LaunchOptions {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: boolean;
  readonly tty: boolean;
  /** Shell commands run first by the same process, such as mounting /proc. */
  readonly prologue?: string;
}

/** How a process ended: an exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number;
  readonly signal?: string;
}

/** A process with its standard streams. With a terminal, `stdin` and `stdout` are the terminal and there is no stderr. */
export interface Launched {
  readonly pid: number;
  readonly stdin?: Writable;
  readonly stdout: Readable;
  readonly stderr?: Readable;
  /** Settles when the process has ended; output may still be on its way. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Size of the terminal; does nothing where there is none. */
  resize(columns: number, rows: number): void;
  kill(signal: NodeJS.Signals): void;
}

/** The program is not there; nothing was started. */
export class ProgramNotFound extends Error {
  constructor(program: string) {
    super(
      program.includes('/')
        ? `exec: "${program}": stat ${program}: no such file or directory`
        : `exec: "${program}": executable file not found in $PATH`,
    );
  }
}

/** Starts a program in the namespaces that the calling thread is in. Real pipes, so that /dev/stdout can be opened. */
export function launch(options: LaunchOptions): Launched {
  const [program] = options.argv;
  if (!program || !findProgram(program, options.env.PATH ?? searchPath, options.cwd)) {
    throw new ProgramNotFound(program ?? '');
  }
  return options.tty ? launchOnTerminal(options) : launchOnPipes(options);
}

function launchOnPipes(options: LaunchOptions): Launched {
  const input = options.stdin ? openPipe() : undefined;
  const output = openPipe();
  const errors = openPipe();
  const child = start(options, options.prologue, [input?.read ?? 'ignore', output.write, errors.write]);
  for (const fd of [input?.read, output.write, errors.write]) if (fd !== undefined) closeSync(fd);
  return {
    ...handle(child),
    stdin: input && quiet(new Socket({ fd: input.write, readable: false, writable: true })),
    stdout: quiet(new Socket({ fd: output.read, readable: true, writable: false })),
    stderr: quiet(new Socket({ fd: errors.read, readable: true, writable: false })),
    resize() {},
  };
}

function launchOnTerminal(options: LaunchOptions): Launched {
  const terminal = openTerminal();
  // Opened by a session's first process, the terminal becomes the controlling one.
  const prologue = `exec <${terminal.path} >${terminal.path} 2>&1; ${options.prologue ?? ''}`;
  const child = start({ ...options, env: { TERM: 'xterm', ...options.env } }, prologue, [
    'ignore',
    'ignore',
    'ignore',
  ]);
  const stream = quiet(new ReadStream(terminal.master));
  let open = true;
  stream.on('close', () => {
    open = false;
  });
  return {
    ...handle(child),
    stdin: stream as unknown as Writable,
    stdout: stream,
    resize: (columns, rows) => {
      if (open) resizeTerminal(terminal.master, columns, rows);
    },
  };
}

function start(
  options: LaunchOptions,
  prologue: string | undefined,
  stdio: (number | 'ignore')[],
): ChildProcess {
  const argv = prologue ? ['/bin/sh', '-c', `${prologue}\nexec "$@"`, 'sh', ...options.argv] : options.argv;
  return spawn(argv[0]!, argv.slice(1), { cwd: options.cwd, env: options.env, stdio, detached: true });
}

function handle(child: ChildProcess): Pick<Launched, 'pid' | 'exited' | 'kill'> {
  let running = true;
  const exited = new Promise<Exit>((resolve) => {
    const settle = (exit: Exit) => {
      running = false;
      resolve(exit);
    };
    child.on('error', () => settle({ code: 126 }));
    child.on('exit', (code, signal) =>
      settle(signal ? { code: 128 + signalNumber(signal), signal } : { code: code ?? 1 }),
    );
  });
  const kill = (signal: NodeJS.Signals) => {
    if (running) child.kill(signal);
  };
  return { pid: child.pid ?? 0, exited, kill };
}

const signals: Record<string, number> = {
  ...{
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGILL: 4,
    SIGTRAP: 5,
    SIGABRT: 6,
    SIGBUS: 7,
    SIGFPE: 8,
    SIGKILL: 9,
  },
  ...{ SIGUSR1: 10, SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15 },
};

export function signalNumber(signal: string): number {
  return signals[signal] ?? 1;
}

/** A terminal reports EIO when its last user has gone, a pipe EPIPE: both are how streams end here. */
function quiet<T extends Readable | Socket>(stream: T): T {
  stream.on('error', () => stream.destroy());
  return stream;
}
