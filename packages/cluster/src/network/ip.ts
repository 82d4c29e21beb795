import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** What a batch runs with: descriptors 3 and up for commands that name `/proc/self/fd/N`. */
export interface BatchOptions {
  readonly descriptors?: readonly number[];
}

/**
 * Starts `ip -batch` at once, in the namespaces of the calling thread, and resolves when all commands have succeeded.
 * Rejects with the command that failed and what `ip` said about it.
 */
export function ipBatch(commands: readonly string[], { descriptors = [] }: BatchOptions = {}): Promise<void> {
  const child = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe', ...descriptors], cwd: '/' });
  child.stdin!.on('error', () => {});
  child.stdin!.end(`${commands.join('\n')}\n`);
  return new Promise((resolve, reject) => {
    const stderr = text(child.stderr!);
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.code === 'ENOENT' ? new Error('the program "ip" is missing: install iproute2') : error);
    });
    child.on('close', async (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      reject(new Error(describeFailure(commands, await stderr)));
    });
  });
}

/** `Command failed -:3` tells which line it was. */
export function describeFailure(commands: readonly string[], stderr: string): string {
  const line = /Command failed -:(\d+)/.exec(stderr)?.[1];
  const command = line ? commands[Number(line) - 1] : undefined;
  const reason = stderr.replace(/Command failed .*\n?/, '').trim() || 'it gave no reason';
  return command ? `ip ${command}: ${reason}` : `ip: ${reason}`;
}
