import { Buffer } from 'node:buffer';
import { TrailerList } from '../header-list.ts';
import { type CodecError, codecErrors } from './head-error.ts';
import { type HeaderLimits, HeadFacts, headIsComplete, parseHeaderLines } from './head-lines.ts';
import { latin1 } from './latin1.ts';
import type { NameTable } from './names.ts';

export type BodyMode = 'none' | 'length' | 'chunked' | 'until-close' | 'raw';

/** Receives what the reader finds. `end` comes with the last bytes when it is known by then. */
export interface BodySink {
  onBody(data: Buffer, end: boolean): void;
  /** End of a body whose last bytes did not tell so. */
  onBodyEnd(trailers: TrailerList | undefined): void;
}

const maxExtension = 4096;
const maxDigits = 1024;
const State = { size: 0, extension: 1, sizeEnd: 2, data: 3, dataEnd: 4, trailers: 5, done: 6 } as const;
const empty: Buffer = Buffer.alloc(0);

/** Reads message bodies in any framing, for one connection and one body after the other. */
export class BodyReader {
  private mode: BodyMode = 'none';
  private left = 0;
  private state: number = State.done;
  private digits = 0;
  private significant = 0;
  private extension = 0;
  private trailerText = '';
  private readonly names: NameTable;
  private readonly limits: HeaderLimits;
  private readonly keepTrailers: boolean;
  complete = true;
  fault: CodecError | undefined;

  constructor(names: NameTable, limits: HeaderLimits, keepTrailers: boolean) {
    this.names = names;
    this.limits = limits;
    this.keepTrailers = keepTrailers;
  }

  start(mode: BodyMode, length: number): void {
    this.mode = mode;
    this.left = mode === 'chunked' ? 0 : length;
    this.complete = mode === 'none' || (mode === 'length' && length === 0);
    this.fault = undefined;
    this.state = State.size;
    this.digits = 0;
    this.significant = 0;
    this.extension = 0;
    this.trailerText = '';
  }

  get untilClose(): boolean {
    return this.mode === 'until-close' && !this.complete;
  }

  /** Takes bytes of `chunk` from `from` on and returns the index of the first that is not the body's. */
  feed(chunk: Buffer, from: number, sink: BodySink): number {
    if (this.complete) return from;
    if (this.mode === 'chunked') return this.feedChunked(chunk, from, sink);
    if (this.mode !== 'length') {
      sink.onBody(from === 0 ? chunk : chunk.subarray(from), false);
      return chunk.length;
    }
    const available = chunk.length - from;
    if (available < this.left) {
      this.left -= available;
      sink.onBody(from === 0 ? chunk : chunk.subarray(from), false);
      return chunk.length;
    }
    const end = from + this.left;
    this.left = 0;
    this.complete = true;
    sink.onBody(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end), true);
    return end;
  }

  /** The peer closed: ends a body that the close delimits. False when bytes are missing. */
  finish(sink: BodySink): boolean {
    if (this.complete) return true;
    if (this.mode !== 'until-close' && this.mode !== 'raw') return false;
    this.complete = true;
    sink.onBodyEnd(undefined);
    return true;
  }

  private feedChunked(chunk: Buffer, from: number, sink: BodySink): number {
    let position = from;
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    while (position < chunk.length) {
      if (this.state === State.data) {
        const end = Math.min(chunk.length, position + this.left);
        const piece = chunk.subarray(position, end);
        this.left -= end - position;
        position = end;
        if (first === undefined) first = piece;
        else if (rest === undefined) rest = [first, piece];
        else rest.push(piece);
        if (this.left === 0) this.state = State.dataEnd;
        continue;
      }
      if (this.state === State.trailers) {
        position = this.feedTrailers(chunk, position, first, rest, sink);
        if (this.complete || this.fault !== undefined) return position;
        first = undefined;
        rest = undefined;
        continue;
      }
      if (!this.step(chunk[position++]!)) {
        this.fault = codecErrors.codec;
        return position;
      }
    }
    if (first !== undefined) sink.onBody(rest === undefined ? first : Buffer.concat(rest), false);
    return position;
  }

  /** One byte of a chunk's frame; false when it may not stand there. */
  private step(byte: number): boolean {
    switch (this.state) {
      case State.size:
        return this.stepSize(byte);
      case State.extension:
        if (byte === 13) this.state = State.sizeEnd;
        return byte !== 10 && ++this.extension <= maxExtension;
      case State.sizeEnd:
        this.state = this.left === 0 ? State.trailers : State.data;
        return byte === 10;
      default:
        // Whatever stands between a chunk's bytes and its line feed is passed over, as Envoy does.
        if (byte !== 10) return true;
        this.state = State.size;
        this.digits = 0;
        this.significant = 0;
        this.extension = 0;
        this.left = 0;
        return true;
    }
  }

  private stepSize(byte: number): boolean {
    const digit = hexValue(byte);
    if (digit >= 0) {
      if (this.left > 0 || digit > 0) this.significant++;
      this.left = Math.min(this.left * 16 + digit, Number.MAX_SAFE_INTEGER);
      this.digits++;
      return this.significant <= 16 && this.digits <= maxDigits;
    }
    if (this.digits === 0) return false;
    if (byte === 13) this.state = State.sizeEnd;
    else if (byte === 59 || byte === 32 || byte === 9) this.state = State.extension;
    else return false;
    return true;
  }

  private feedTrailers(
    chunk: Buffer,
    position: number,
    first: Buffer | undefined,
    rest: Buffer[] | undefined,
    sink: BodySink,
  ): number {
    const before = this.trailerText.length;
    this.trailerText += latin1(chunk, position, Math.min(chunk.length, position + this.limits.maxBytes + 4));
    const text = this.trailerText;
    const bare = text.startsWith('\r\n') || text.startsWith('\n');
    const body = first === undefined ? empty : rest === undefined ? first : Buffer.concat(rest);
    if (!bare && !headIsComplete(text, 0)) {
      if (text.length > this.limits.maxBytes) this.fault = codecErrors.trailersTooLarge;
      if (body.length > 0) sink.onBody(body, false);
      return chunk.length;
    }
    const facts = new HeadFacts();
    const trailers = new TrailerList();
    const fault = bare
      ? undefined
      : parseHeaderLines(text, 0, this.names, this.limits, trailers, facts, true);
    const end = bare ? text.indexOf('\n') + 1 : facts.end;
    if (fault !== undefined) {
      if (body.length > 0) sink.onBody(body, false);
      this.fault = fault.status === 431 ? codecErrors.trailersTooLarge : fault;
      return chunk.length;
    }
    this.complete = true;
    if (this.keepTrailers && trailers.list.length > 0) {
      if (body.length > 0) sink.onBody(body, false);
      sink.onBodyEnd(trailers);
    } else if (body.length > 0) sink.onBody(body, true);
    else sink.onBodyEnd(undefined);
    return position + end - before;
  }
}

function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
