import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { backoffDelay, delay, type Log } from '@lateen/kit';

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** File to which its standard output and error are appended. */
  readonly logFile: string;
  readonly log: Log;
  /** Called after each start, once the child has said `{ type: 'ready' }` over IPC. */
  readonly onReady: (child: ChildProcess, message: Record<string, unknown>) => void;
  /** Called when it could not be started even once. */
  readonly onFailed: (reason: string) => void;
}

const restartBackoff = { base: 100, max: 10_000 };

/** A child process that is started again whenever it ends, until it is stopped. It ends by itself when its parent dies. */
export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #stopping = false;
  #attempt = 0;
  ready = false;
  lastMessage = 'starting';

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get process(): ChildProcess | undefined {
    return this.#process;
  }

  start(): void {
    const { command, args, env, logFile, name } = this.#options;
    const log = openSync(logFile, 'a');
    const child = spawn(command, [...args], { stdio: ['ignore', log, log, 'ipc'], env, cwd: '/' });
    this.#process = child;
    child.on('message', (message: Record<string, unknown>) => this.#receive(child, message));
    child.on('error', (error) => {
      this.lastMessage = `${command}: ${error.message}`;
      this.#options.onFailed(`${name} cannot be started: ${error.message}`);
    });
    child.on('exit', (code, signal) => this.#ended(code, signal));
  }

  #receive(child: ChildProcess, message: Record<string, unknown>): void {
    if (message.type === 'ready') {
      this.ready = true;
      this.#attempt = 0;
      this.lastMessage = '';
      this.#options.onReady(child, message);
    } else if (message.type === 'failed') {
      this.lastMessage = String(message.reason);
      this.#options.onFailed(`${this.#options.name}: ${message.reason}`);
    }
  }

  async #ended(code: number | null, signal: string | null): Promise<void> {
    this.ready = false;
    if (this.#stopping) return;
    this.lastMessage = `ended with ${signal ?? `exit code ${code}`}; started again`;
    this.#options.log.warn(`${this.#options.name} ended`, { code, signal });
    await delay(backoffDelay(restartBackoff, this.#attempt++));
    if (!this.#stopping) this.start();
  }

  /** Asks it to end, and kills it after `grace` milliseconds. */
  async stop(grace: number): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.connected) child.send({ type: 'stop' });
    else child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), grace);
    await ended;
    clearTimeout(timer);
  }
}
