import { Duplex } from 'node:stream';
import zlib from 'node:zlib';
import { spdyDictionary } from './dictionary.ts';
import {
  controlFrame,
  dataFrame,
  type Frame,
  FrameReader,
  flagFin,
  frameTypes,
  parseHeaders,
  uint32,
} from './frames.ts';

const longestPayload = 32 * 1024;
const cancelled = 5;

/**
 * The server's side of a SPDY/3.1 connection, as far as Kubernetes' clients use it: they open streams, and do not take
 * part in flow control.
 */
export class SpdyConnection {
  readonly #transport: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #reader = new FrameReader();
  readonly #inflate = zlib.createInflate({
    dictionary: spdyDictionary,
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
  readonly #deflate = zlib.createDeflate({ dictionary: spdyDictionary, flush: zlib.constants.Z_SYNC_FLUSH });
  readonly #streams = new Map<number, SpdyStream>();
  readonly #full = new Set<number>();
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(transport: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#transport = transport;
    this.#onStream = onStream;
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    for (const event of ['end', 'close', 'error']) transport.on(event, () => this.close());
  }

  /** Ends every stream and the connection. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
    this.#inflate.close();
    this.#deflate.close();
    this.#transport.end();
  }

  send(frame: Buffer, done?: (error?: Error | null) => void): void {
    if (this.#closed || this.#transport.destroyed) return void done?.(new Error('the connection is closed'));
    this.#transport.write(frame, done);
  }

  forget(stream: number): void {
    this.#streams.delete(stream);
    this.setFull(stream, false);
  }

  /** A stream whose reader is slow stops the connection until it has caught up. */
  setFull(stream: number, full: boolean): void {
    if (full) this.#full.add(stream);
    else this.#full.delete(stream);
    if (this.#full.size > 0) this.#transport.pause();
    else this.#transport.resume();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        this.#work = this.#work.then(() => this.#handle(frame)).catch(() => this.close());
      }
    } catch {
      this.close();
    }
  }

  async #handle(frame: Frame): Promise<void> {
    if (this.#closed) return;
    if (frame.kind === 'data') {
      this.#streams.get(frame.stream)?.receive(frame.payload, (frame.flags & flagFin) !== 0);
    } else if (frame.type === frameTypes.synStream) await this.#open(frame.payload, frame.flags);
    else if (frame.type === frameTypes.ping) this.send(controlFrame(frameTypes.ping, frame.payload));
    else if (frame.type === frameTypes.rstStream) this.#streams.get(frame.payload.readUInt32BE(0))?.destroy();
    else if (frame.type === frameTypes.headers) await this.#decompress(frame.payload.subarray(4));
  }

  async #open(payload: Buffer, flags: number): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    const headers = parseHeaders(await this.#decompress(payload.subarray(10)));
    const reply = await this.#compress(uint32(0));
    const stream = new SpdyStream(this, id, headers);
    this.#streams.set(id, stream);
    this.send(controlFrame(frameTypes.synReply, Buffer.concat([uint32(id), reply])));
    if (flags & flagFin) stream.receive(Buffer.alloc(0), true);
    this.#onStream(stream);
  }

  #decompress(block: Buffer): Promise<Buffer> {
    return transform(this.#inflate, block);
  }

  #compress(block: Buffer): Promise<Buffer> {
    return transform(this.#deflate, block);
  }
}

/** Passes one block through a stream whose state lives on; every block is flushed by itself. */
function transform(codec: zlib.Inflate | zlib.Deflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer) => chunks.push(chunk);
    codec.once('error', reject);
    codec.on('data', collect);
    codec.write(block, () => {
      codec.removeListener('data', collect);
      codec.removeListener('error', reject);
      resolve(Buffer.concat(chunks));
    });
  });
}

/** One stream of a SPDY connection; its headers say what it carries. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #connection: SpdyConnection;
  #finished = false;
  #ended = false;

  constructor(connection: SpdyConnection, id: number, headers: Record<string, string>) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    this.id = id;
    this.headers = headers;
    this.on('error', () => {});
  }

  receive(payload: Buffer, last: boolean): void {
    if (this.destroyed || this.#ended) return;
    if (payload.length > 0 && !this.push(Buffer.from(payload))) this.#connection.setFull(this.id, true);
    if (!last) return;
    this.#ended = true;
    this.push(null);
  }

  override _read(): void {
    this.#connection.setFull(this.id, false);
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; at += longestPayload) {
      const part = chunk.subarray(at, at + longestPayload);
      this.#connection.send(dataFrame(this.id, part), at + longestPayload >= chunk.length ? done : undefined);
    }
    if (chunk.length === 0) done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finished = true;
    this.#connection.send(dataFrame(this.id, Buffer.alloc(0), flagFin), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#finished)
      this.#connection.send(controlFrame(frameTypes.rstStream, uint32(this.id, cancelled)));
    this.#connection.forget(this.id);
    done(error);
  }
}
