import { closeSync, openSync, writeSync } from 'node:fs';
import type { Clock } from '@lateen/kit';

/** Bytes that wait for one file before further lines are dropped. */
const bufferLimit = 16 * 1024 * 1024;
/** Bytes that are written at once rather than at the next flush. */
const flushSize = 64 * 1024;

/** Appends lines to one file, at the latest `interval` milliseconds after they came. */
export class LogFile {
  private readonly path: string;
  private readonly clock: Clock;
  private readonly interval: number;
  private descriptor: number;
  private chunks: string[] = [];
  private size = 0;
  private cancel: (() => void) | undefined;
  /** Lines that did not fit into the buffer because the file took none. */
  dropped = 0;

  /** Throws when the file cannot be opened. */
  constructor(path: string, interval: number, clock: Clock) {
    this.path = path;
    this.clock = clock;
    this.interval = interval;
    this.descriptor = open(path);
  }

  write(line: string): void {
    if (this.size + line.length > bufferLimit) {
      this.dropped++;
      return;
    }
    this.chunks.push(line);
    this.size += line.length;
    if (this.size >= flushSize) this.flush();
    else this.cancel ??= this.clock.after(this.interval, () => this.flush());
  }

  /** Writes what waits; what a full pipe does not take stays for the next time. */
  flush(): void {
    this.cancel?.();
    this.cancel = undefined;
    if (this.size === 0) return;
    const bytes = Buffer.from(this.chunks.join(''), 'latin1');
    this.chunks = [];
    this.size = 0;
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.descriptor, bytes, written);
    } catch {
      this.keep(bytes.toString('latin1', written));
    }
  }

  private keep(rest: string): void {
    this.chunks = [rest];
    this.size = rest.length;
    this.cancel = this.clock.after(this.interval, () => this.flush());
  }

  /** Opens the path anew, for log rotation. */
  reopen(): void {
    this.flush();
    if (this.descriptor > 2) closeSync(this.descriptor);
    this.descriptor = open(this.path);
  }

  close(): void {
    this.flush();
    if (this.descriptor > 2) closeSync(this.descriptor);
  }
}

function open(path: string): number {
  if (path === '/dev/stdout') return 1;
  if (path === '/dev/stderr') return 2;
  return openSync(path, 'a', 0o644);
}

/** One open file for all loggers of the same path. */
export class LogFiles {
  private readonly files = new Map<string, LogFile>();
  private readonly interval: number;
  private readonly clock: Clock;

  constructor(interval: number, clock: Clock) {
    this.interval = interval;
    this.clock = clock;
  }

  /** Throws when the file cannot be opened. */
  open(path: string): LogFile {
    let file = this.files.get(path);
    if (!file) {
      file = new LogFile(path, this.interval, this.clock);
      this.files.set(path, file);
    }
    return file;
  }

  reopen(): void {
    for (const file of this.files.values()) file.reopen();
  }

  flush(): void {
    for (const file of this.files.values()) file.flush();
  }

  close(): void {
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }
}
