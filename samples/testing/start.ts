import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface Program {
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it as the kubelet does; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a sample's main file with these arguments and waits until it says on which port it listens. */
export async function start(
  main: string,
  words: readonly string[] = ['0'],
  environment: Record<string, string> = {},
): Promise<Program> {
  const file = path.join(import.meta.dirname, '..', main);
  const child = spawn(process.execPath, [file, ...words], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await listeningPort(child, main);
  // What it logs later must be read, or it would stand still.
  child.stdout!.resume();
  return running(child, port);
}

function listeningPort(child: ChildProcess, main: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout!.on('data', (chunk) => {
      output += chunk;
      const port = /listen(?:s|ing) on (?:port |:)(\d+)/.exec(output)?.[1];
      if (port) resolve(Number(port));
    });
    child.on('exit', () => reject(new Error(`${main} ended before it listened: ${output}`)));
  });
}

function running(child: ChildProcess, port: number): Program {
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  return { port, process: child, stop };
}
