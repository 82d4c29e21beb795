import {
  close,
  closeSync,
  fdatasync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { frame, readFrames } from './frames.ts';

interface Waiting {
  readonly record: Buffer;
  readonly done: (error?: Error) => void;
}

/**
 * A durable sequence of records on disk. `append` calls back when its record is on the disk; records that arrive while
 * the disk is busy share one flush. After a crash, every record that was called back is found again.
 */
export class Journal {
  readonly #directory: string;
  #generation: number;
  #file: number;
  #waiting: Waiting[] = [];
  #busy = false;
  #failure: Error | undefined;
  #idle: (() => void)[] = [];
  #rotation: (() => void) | undefined;
  /** Bytes in the current log file. */
  size: number;

  private constructor(directory: string, generation: number, file: number, size: number) {
    this.#directory = directory;
    this.#generation = generation;
    this.#file = file;
    this.size = size;
  }

  /** Opens the journal in `directory`, giving each record that was kept to `replay`, in order. */
  static open(directory: string, replay: (payload: string) => void): Journal {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const names = readdirSync(directory);
    const snapshot = Math.max(0, ...numbers(names, 'snapshot'));
    if (snapshot > 0)
      readFrames(readFileSync(join(directory, `snapshot-${snapshot}`))).payloads.forEach(replay);
    const logs = numbers(names, 'log')
      .filter((generation) => generation >= snapshot)
      .sort((a, b) => a - b);
    let size = 0;
    for (const generation of logs) {
      const path = join(directory, `log-${generation}`);
      const content = readFileSync(path);
      const { payloads, length } = readFrames(content);
      payloads.forEach(replay);
      if (length < content.length) truncateSync(path, length);
      size = length;
    }
    const generation = logs.at(-1) ?? Math.max(snapshot, 1);
    const file = openSync(join(directory, `log-${generation}`), 'a', 0o600);
    syncDirectory(directory);
    removeOlder(directory, names, snapshot);
    return new Journal(directory, generation, file, size);
  }

  append(payload: string, done: (error?: Error) => void): void {
    if (this.#failure) {
      done(this.#failure);
      return;
    }
    this.#waiting.push({ record: frame(payload), done });
    if (!this.#busy) this.#flush();
  }

  /** Resolves when nothing is being written. */
  idle(): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Replaces everything that was appended so far by what `snapshot` returns, which is called at a moment when nothing
   * is being written and must describe everything appended until then. Later appends go to a new log file.
   */
  compact(snapshot: () => readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => this.#rotate(snapshot).then(resolve, reject);
      if (this.#busy) this.#rotation = start;
      else start();
    });
  }

  /** Everything up to the first `await` happens between two writes. */
  async #rotate(snapshot: () => readonly string[]): Promise<void> {
    const payloads = snapshot();
    const generation = this.#generation + 1;
    const old = this.#file;
    this.#file = openSync(join(this.#directory, `log-${generation}`), 'a', 0o600);
    this.#generation = generation;
    this.size = 0;
    close(old, () => {});
    const temporary = join(this.#directory, `snapshot-${generation}.tmp`);
    const file = openSync(temporary, 'w', 0o600);
    for (let at = 0; at < payloads.length; at += 200) {
      writeSync(file, Buffer.concat(payloads.slice(at, at + 200).map(frame)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise<void>((resolve, reject) => fsync(file, (error) => (error ? reject(error) : resolve())));
    closeSync(file);
    renameSync(temporary, join(this.#directory, `snapshot-${generation}`));
    syncDirectory(this.#directory);
    removeOlder(this.#directory, readdirSync(this.#directory), generation);
  }

  async close(): Promise<void> {
    await this.idle();
    closeSync(this.#file);
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#busy = true;
    const bytes = batch.length === 1 ? batch[0]!.record : Buffer.concat(batch.map((entry) => entry.record));
    this.size += bytes.length;
    writeFully(this.#file, bytes, (error) => {
      if (error) this.#settle(batch, error);
      else fdatasync(this.#file, (failure) => this.#settle(batch, failure ?? undefined));
    });
  }

  #settle(batch: readonly Waiting[], error: Error | undefined): void {
    // A failed write leaves the file's end unknown: refuse all that follow instead of acknowledging lost records.
    if (error) this.#failure = new Error(`the store cannot write to ${this.#directory}: ${error.message}`);
    for (const entry of batch) entry.done(this.#failure);
    this.#rotation?.();
    this.#rotation = undefined;
    if (this.#waiting.length > 0) this.#flush();
    else this.#rest();
  }

  #rest(): void {
    this.#busy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function writeFully(file: number, bytes: Buffer, done: (error?: Error) => void): void {
  write(file, bytes, 0, bytes.length, null, (error, written) => {
    if (error) done(error);
    else if (written < bytes.length) writeFully(file, bytes.subarray(written), done);
    else done();
  });
}

function numbers(names: readonly string[], prefix: string): number[] {
  const pattern = new RegExp(`^${prefix}-(\\d+)$`);
  return names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function removeOlder(directory: string, names: readonly string[], generation: number): void {
  for (const name of names) {
    const match = /^(?:log|snapshot)-(\d+)(\.tmp)?$/.exec(name);
    if (match && (match[2] || Number(match[1]) < generation)) unlinkSync(join(directory, name));
  }
}
