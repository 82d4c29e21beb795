import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { createConnection, type Socket } from 'node:net';

/** Where a gRPC server listens. TLS is not spoken yet. */
export type GrpcTarget = { readonly host: string; readonly port: number } | { readonly path: string };

export interface GrpcStreamHandlers {
  /** The server has accepted the stream. */
  onOpen?(): void;
  onMessage(message: Buffer): void;
  /** Called once, also after `close`. */
  onEnd(reason: string): void;
}

/** One bidirectional gRPC call. Messages written before the connection stands are sent once it does. */
export interface GrpcStream {
  write(message: Uint8Array): void;
  close(): void;
}

const connectTimeout = 10_000;
const keepAliveInterval = 30_000;
const maxMessage = 256 * 1024 * 1024;

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 5);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** Cuts the bytes of a gRPC stream into messages. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** Throws when a message is compressed or larger than is sane. */
  push(chunk: Buffer, onMessage: (message: Buffer) => void): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (this.#size < 5) return;
      if (this.#chunks[0]!.length < 5) this.#join();
      const size = this.#header(this.#chunks[0]!);
      if (this.#size < size + 5) return;
      const all = this.#join();
      this.#chunks = all.length > size + 5 ? [all.subarray(size + 5)] : [];
      this.#size -= size + 5;
      onMessage(all.subarray(5, size + 5));
    }
  }

  #header(start: Buffer): number {
    const size = start.readUInt32BE(1);
    if (start[0] !== 0) throw new Error('the server sent a compressed message');
    if (size > maxMessage) throw new Error(`the server sent a message of ${size} bytes`);
    return size;
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}

function openSocket(target: GrpcTarget): Socket {
  const socket =
    'path' in target ? createConnection(target.path) : createConnection(target.port, target.host);
  socket.setNoDelay(true);
  return socket;
}

class Call implements GrpcStream {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #handlers: GrpcStreamHandlers;
  readonly #timers: NodeJS.Timeout[] = [];
  #ended = false;

  constructor(target: GrpcTarget, method: string, handlers: GrpcStreamHandlers) {
    this.#handlers = handlers;
    const authority = 'path' in target ? 'localhost' : `${target.host}:${target.port}`;
    this.#session = connect(`http://${authority}`, {
      createConnection: () => openSocket(target),
      settings: { initialWindowSize: 4 * 1024 * 1024 },
    });
    this.#session.once('connect', () => this.#onConnect());
    this.#session.on('error', (error) => this.#end(describe(error)));
    this.#session.on('close', () => this.#end('the connection was closed'));
    this.#stream = this.#request(method);
    this.#timers.push(
      setTimeout(() => this.#end(`no connection within ${connectTimeout} ms`), connectTimeout).unref(),
    );
  }

  #request(method: string): ClientHttp2Stream {
    const stream = this.#session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: method,
      te: 'trailers',
      'content-type': 'application/grpc',
    });
    const reader = new MessageReader();
    let status = '';
    const noteStatus = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined && headers['grpc-status'] !== '0') {
        status = `gRPC status ${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`.trim();
      }
    };
    stream.on('response', (headers) => {
      noteStatus(headers);
      if (headers[':status'] !== 200) this.#end(`HTTP status ${headers[':status']}`);
      else this.#handlers.onOpen?.();
    });
    stream.on('trailers', noteStatus);
    stream.on('data', (chunk: Buffer) => this.#read(reader, chunk));
    stream.on('error', (error) => this.#end(describe(error)));
    stream.on('close', () => this.#end(status || 'the server ended the stream'));
    return stream;
  }

  #onConnect(): void {
    clearTimeout(this.#timers.pop());
    this.#session.setLocalWindowSize(8 * 1024 * 1024);
    const ping = () => this.#session.ping((error) => error && this.#end('the server does not answer pings'));
    this.#timers.push(setInterval(ping, keepAliveInterval).unref());
  }

  #read(reader: MessageReader, chunk: Buffer): void {
    try {
      reader.push(chunk, (message) => !this.#ended && this.#handlers.onMessage(message));
    } catch (error) {
      this.#end(describe(error));
    }
  }

  write(message: Uint8Array): void {
    if (!this.#ended) this.#stream.write(frame(message));
  }

  close(): void {
    this.#end('closed by the client');
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#session.destroy();
    this.#handlers.onEnd(reason);
  }
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Opens a bidirectional gRPC call in plain HTTP/2 with nothing but node:http2, which a small process can afford. */
export function openGrpcStream(target: GrpcTarget, method: string, handlers: GrpcStreamHandlers): GrpcStream {
  return new Call(target, method, handlers);
}
