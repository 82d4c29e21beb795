import type { OnReadOpts } from 'node:net';

const smallest = 16 * 1024;
const largest = 1024 * 1024;
/** Buffers of one size that wait to be used again. */
const kept = 8;

/** Memory that sockets read into, shared by all connections of a proxy. */
export class BufferPool {
  private readonly free = new Map<number, Buffer[]>();

  take(size: number): Buffer {
    return this.free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
  }

  give(buffer: Buffer): void {
    const list = this.free.get(buffer.length);
    if (!list) this.free.set(buffer.length, [buffer]);
    else if (list.length < kept) list.push(buffer);
  }
}

/** Takes a chunk; `release` says that its memory may be used again. False asks for a pause. */
export type Sink = (chunk: Buffer, release: () => void) => boolean;

/**
 * Reads a socket into pooled memory instead of a new buffer each time. Reads that fill the buffer are followed by
 * larger ones, so that bulk transfer needs few turns and idle connections little memory.
 */
export class PooledReader {
  sink: Sink = () => true;
  private readonly pool: BufferPool;
  private size = smallest;

  constructor(pool: BufferPool) {
    this.pool = pool;
  }

  readonly options: OnReadOpts = {
    buffer: () => this.pool.take(this.size),
    callback: (bytes, memory) => {
      const buffer = memory as Buffer;
      this.adapt(bytes, buffer.length);
      return this.sink(buffer.subarray(0, bytes), () => this.pool.give(buffer));
    },
  };

  private adapt(bytes: number, length: number): void {
    if (bytes === length && this.size < largest) this.size = length * 4;
    else if (bytes < this.size / 8 && this.size > smallest) this.size /= 4;
  }
}
