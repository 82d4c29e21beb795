import { closeSync, openSync, writeSync } from 'node:fs';
import { CurlError } from './error.ts';
import type { Options } from './options.ts';

/** Where what is received goes, and what is told about it on the way. */
export interface Sink {
  info(text: string): void;
  sent(line: string, headers: ReadonlyArray<[string, string]>): void;
  head(line: string, headers: ReadonlyArray<[string, string]>): void;
  body(chunk: Buffer): void;
  close(): void;
}

export function openSink(options: Options, output: string | undefined): Sink {
  let descriptor = output === undefined || output === '-' ? 1 : undefined;
  const body = (chunk: Buffer | string) => {
    descriptor ??= openFile(output!);
    writeAll(descriptor, chunk);
  };
  const told = (mark: string, line: string) => options.verbose && writeAll(2, `${mark} ${line}\r\n`);
  const dump = options.dumpHeader;
  const dumpDescriptor = dump === undefined ? undefined : dump === '-' ? 1 : openFile(dump);
  return {
    info: (text) => options.verbose && writeAll(2, `* ${text}\n`),
    sent(line, headers) {
      told('>', line);
      for (const [name, value] of headers) told('>', `${name}: ${value}`);
      told('>', '');
    },
    head(line, headers) {
      const lines = [
        `${line.trimEnd()}${line.endsWith(' ') ? ' ' : ''}`,
        ...headers.map(([name, value]) => `${name}: ${value}`),
        '',
      ];
      for (const text of lines) {
        told('<', text);
        if (options.include || options.head) body(`${text}\r\n`);
        if (dumpDescriptor !== undefined) writeAll(dumpDescriptor, `${text}\r\n`);
      }
    },
    body,
    close() {
      for (const open of [descriptor, dumpDescriptor]) if (open !== undefined && open > 2) closeSync(open);
    },
  };
}

function openFile(file: string): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new CurlError(23, `Failed to open the file ${file}: ${(error as Error).message}`);
  }
}

/** Writes everything, also to a pipe that is full for the moment. */
export function writeAll(descriptor: number, content: Buffer | string): void {
  let rest = typeof content === 'string' ? Buffer.from(content) : content;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(23);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
