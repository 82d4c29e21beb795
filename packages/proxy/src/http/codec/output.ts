import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { writeLatin1 } from './latin1.ts';

const mergeLimit = 65536;

/** Writes, at the end of the event that is being handled, whatever outputs have gathered. */
export class Flusher {
  private dirty: Output[] = [];
  private readonly flushAll: () => void = () => this.run();

  add(output: Output): void {
    if (this.dirty.push(output) === 1) queueMicrotask(this.flushAll);
  }

  private run(): void {
    const dirty = this.dirty;
    this.dirty = [];
    for (const output of dirty) output.flush();
  }
}

/** Gathers the pieces of messages for one socket and writes them with one call. */
export class Output {
  private readonly socket: Socket;
  private readonly flusher: Flusher;
  private readonly onFull: () => void;
  private queued = false;
  private text = '';
  private pieces: (string | Buffer)[] | undefined;
  private bytes = 0;

  /** `onFull` is called when the socket wants its writers to wait for `drain`. */
  constructor(socket: Socket, flusher: Flusher, onFull: () => void) {
    this.socket = socket;
    this.flusher = flusher;
    this.onFull = onFull;
  }

  private queue(): void {
    if (this.queued) return;
    this.queued = true;
    this.flusher.add(this);
  }

  addText(text: string): void {
    this.queue();
    if (this.pieces === undefined) this.text += text;
    else {
      this.pieces.push(text);
      this.bytes += text.length;
    }
  }

  addBytes(data: Buffer): void {
    this.queue();
    if (this.pieces === undefined) {
      this.pieces = [];
      this.bytes = this.text.length;
      if (this.text !== '') this.pieces.push(this.text);
      this.text = '';
    }
    this.pieces.push(data);
    this.bytes += data.length;
  }

  get isEmpty(): boolean {
    return this.pieces === undefined && this.text === '';
  }

  /** Writes what was gathered. */
  flush(): void {
    this.queued = false;
    if (this.isEmpty) return;
    const ok = this.socket.writable ? this.write() : true;
    if (!ok) this.onFull();
  }

  private write(): boolean {
    const pieces = this.pieces;
    const text = this.text;
    const bytes = this.bytes;
    this.discard();
    if (pieces === undefined) return this.socket.write(text, 'latin1');
    if (bytes <= mergeLimit) return this.socket.write(merge(pieces, bytes));
    this.socket.cork();
    let ok = true;
    for (const piece of pieces)
      ok = typeof piece === 'string' ? this.socket.write(piece, 'latin1') : this.socket.write(piece);
    this.socket.uncork();
    return ok;
  }

  /** Forgets what was gathered and not yet written. */
  discard(): void {
    this.text = '';
    this.pieces = undefined;
    this.bytes = 0;
  }
}

function merge(pieces: readonly (string | Buffer)[], bytes: number): Buffer {
  if (pieces.length === 1) return pieces[0] as Buffer;
  const merged = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') at += writeLatin1(merged, piece, at);
    else at += piece.copy(merged, at);
  }
  return merged;
}
