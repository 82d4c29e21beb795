import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

export type OutputStream = 'stdout' | 'stderr';

/** One line of a container's log; `partial` when its newline is still to come. */
export interface LogEntry {
  readonly time: string;
  readonly stream: OutputStream;
  readonly text: string;
  readonly partial: boolean;
}

/** Longest line kept in one piece, as container runtimes do. */
const longestLine = 16 * 1024;

/** The format of the container runtime interface: `TIME STREAM F|P TEXT`. */
export function formatEntry(entry: LogEntry): string {
  return `${entry.time} ${entry.stream} ${entry.partial ? 'P' : 'F'} ${entry.text}\n`;
}

export function parseEntry(line: string): LogEntry | undefined {
  const match = /^(\S+) (stdout|stderr) ([FP]) ?(.*)$/s.exec(line);
  if (!match) return undefined;
  return { time: match[1]!, stream: match[2] as OutputStream, text: match[4]!, partial: match[3] === 'P' };
}

/** Where the older half of a log file lies once it has been rotated. */
export const rotatedName = (file: string) => `${file}.1`;

/**
 * The log of one run of a container. Of at most twice `maxBytes` the newest is kept. Writing is synchronous, so what a
 * process has said is on file before its end is reported.
 */
export class LogFile {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #pending: Record<OutputStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  readonly #followers = new Set<(entry: LogEntry | undefined) => void>();
  #fd: number;
  #size: number;
  #closed = false;

  constructor(file: string, maxBytes: number, now: () => number) {
    this.path = file;
    this.#maxBytes = maxBytes;
    this.#now = now;
    mkdirSync(path.dirname(file), { recursive: true });
    this.#fd = openSync(file, 'a', 0o600);
    this.#size = statSync(file).size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  append(stream: OutputStream, chunk: Buffer): void {
    if (this.#closed) return;
    let rest = this.#pending[stream].length > 0 ? Buffer.concat([this.#pending[stream], chunk]) : chunk;
    let lines = '';
    for (;;) {
      const newline = rest.subarray(0, longestLine + 1).indexOf(10);
      if (newline < 0 && rest.length < longestLine) break;
      const end = newline < 0 ? longestLine : newline;
      lines += this.#entry(stream, rest.subarray(0, end), newline < 0);
      rest = rest.subarray(newline < 0 ? end : end + 1);
    }
    this.#pending[stream] = Buffer.from(rest);
    if (lines !== '') this.#write(lines);
  }

  /** Called with each new entry, and with undefined when the log ends. */
  follow(follower: (entry: LogEntry | undefined) => void): () => void {
    if (this.#closed) {
      follower(undefined);
      return () => {};
    }
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  close(): void {
    if (this.#closed) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#pending[stream].length > 0) this.#write(this.#entry(stream, this.#pending[stream], false));
    }
    this.#closed = true;
    closeSync(this.#fd);
    for (const follower of this.#followers) follower(undefined);
    this.#followers.clear();
  }

  #entry(stream: OutputStream, text: Buffer, partial: boolean): string {
    const entry = { time: nanoTime(this.#now()), stream, text: text.toString('utf8'), partial };
    for (const follower of this.#followers) follower(entry);
    return formatEntry(entry);
  }

  #write(lines: string): void {
    const bytes = Buffer.from(lines);
    if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#rotate();
    try {
      this.#size += writeSync(this.#fd, bytes);
    } catch {
      // A full disk must not end the container.
    }
  }

  #rotate(): void {
    closeSync(this.#fd);
    renameSync(this.path, rotatedName(this.path));
    this.#fd = openSync(this.path, 'a', 0o600);
    this.#size = 0;
  }
}

/** RFC 3339 with nine digits, as container logs have it. */
function nanoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000000Z');
}
