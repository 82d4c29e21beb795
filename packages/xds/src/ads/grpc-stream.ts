import { createConnection, type Socket } from 'node:net';
import {
  decodeSettings,
  encodeFrame,
  encodeHeaders,
  encodeSettings,
  type Frame,
  flags,
  frameTypes,
  PieceReader,
  preface,
  uint32,
  unpadded,
} from './http2-frames.ts';

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
const window = 16 * 1024 * 1024;
const maxFrame = 1024 * 1024;
const streamId = 1;
const settingIds = { enablePush: 2, initialWindow: 4, maxFrame: 5 } as const;

function openSocket(target: GrpcTarget): Socket {
  const socket =
    'path' in target ? createConnection(target.path) : createConnection(target.port, target.host);
  socket.setNoDelay(true);
  return socket;
}

const frameReader = () =>
  new PieceReader(9, (head) => {
    const length = head.readUIntBE(0, 3);
    if (length > maxFrame) throw new Error(`the server sent a frame of ${length} bytes`);
    return length;
  });

const messageReader = () =>
  new PieceReader(5, (head) => {
    if (head[0] !== 0) throw new Error('the server sent a compressed message');
    const length = head.readUInt32BE(1);
    if (length > maxMessage) throw new Error(`the server sent a message of ${length} bytes`);
    return length;
  });

/** The indexed field `:status: 200`, with which the headers of an accepted call begin. */
const statusOk = 0x88;

class Call implements GrpcStream {
  readonly #socket: Socket;
  readonly #handlers: GrpcStreamHandlers;
  readonly #frames = frameReader();
  readonly #messages = messageReader();
  readonly #timer: NodeJS.Timeout;
  #keepAlive: NodeJS.Timeout | undefined;
  #outgoing: Buffer[] = [];
  #connectionCredit = 65_535;
  #streamCredit = 65_535;
  #initialWindow = 65_535;
  #peerMaxFrame = 16_384;
  #unacknowledged = 0;
  #pingPending = false;
  #opened = false;
  #ended = false;

  constructor(target: GrpcTarget, method: string, handlers: GrpcStreamHandlers) {
    this.#handlers = handlers;
    this.#socket = openSocket(target);
    this.#socket.on('connect', () => this.#onConnect());
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#end(describe(error)));
    this.#socket.on('close', () => this.#end('the connection was closed'));
    this.#timer = setTimeout(
      () => this.#end(`no connection within ${connectTimeout} ms`),
      connectTimeout,
    ).unref();
    this.#start(method, 'path' in target ? 'localhost' : `${target.host}:${target.port}`);
  }

  #start(method: string, authority: string): void {
    const settings = {
      [settingIds.enablePush]: 0,
      [settingIds.initialWindow]: window,
      [settingIds.maxFrame]: maxFrame,
    };
    const headers = encodeHeaders([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', method],
      [':authority', authority],
      ['te', 'trailers'],
      ['content-type', 'application/grpc'],
    ]);
    this.#socket.write(preface, 'latin1');
    this.#send(frameTypes.settings, 0, 0, encodeSettings(settings));
    this.#send(frameTypes.windowUpdate, 0, 0, uint32(window));
    this.#send(frameTypes.headers, flags.endHeaders, streamId, headers);
  }

  #onConnect(): void {
    clearTimeout(this.#timer);
    this.#keepAlive = setInterval(() => {
      if (this.#pingPending) {
        this.#end('the server does not answer pings');
        return;
      }
      this.#pingPending = true;
      this.#send(frameTypes.ping, 0, 0, Buffer.alloc(8));
    }, keepAliveInterval).unref();
  }

  #send(type: number, flag: number, stream: number, payload: Uint8Array): void {
    this.#socket.write(encodeFrame(type, flag, stream, payload));
  }

  write(message: Uint8Array): void {
    if (this.#ended) return;
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    this.#outgoing.push(Buffer.concat([head, message]));
    this.#flush();
  }

  close(): void {
    this.#end('closed by the client');
  }

  /** Sends as much as the server has given credit for. */
  #flush(): void {
    while (this.#outgoing.length > 0) {
      const first = this.#outgoing[0]!;
      const size = Math.min(first.length, this.#peerMaxFrame, this.#connectionCredit, this.#streamCredit);
      if (size <= 0) return;
      this.#send(frameTypes.data, 0, streamId, first.subarray(0, size));
      this.#connectionCredit -= size;
      this.#streamCredit -= size;
      if (size === first.length) this.#outgoing.shift();
      else this.#outgoing[0] = first.subarray(size);
    }
  }

  #read(chunk: Buffer): void {
    try {
      this.#frames.push(chunk, (head, payload) => {
        if (this.#ended) return;
        const stream = head.readUInt32BE(5) & 0x7fffffff;
        this.#onFrame({ type: head[3]!, flags: head[4]!, stream, payload });
      });
    } catch (error) {
      this.#end(describe(error));
    }
  }

  #onFrame(frame: Frame): void {
    const { type, payload } = frame;
    if (type === frameTypes.data) this.#onData(frame);
    else if (type === frameTypes.headers) this.#onHeaders(frame);
    else if (type === frameTypes.settings) this.#onSettings(frame);
    else if (type === frameTypes.ping) this.#onPing(frame);
    else if (type === frameTypes.windowUpdate) this.#onCredit(frame);
    else if (type === frameTypes.reset)
      this.#end(`the server reset the stream, code ${payload.readUInt32BE(0)}`);
    else if (type === frameTypes.goAway) this.#end(`the server goes away, code ${payload.readUInt32BE(4)}`);
  }

  #onData(frame: Frame): void {
    this.#unacknowledged += frame.payload.length;
    if (this.#unacknowledged > window / 2) {
      this.#send(frameTypes.windowUpdate, 0, 0, uint32(this.#unacknowledged));
      this.#send(frameTypes.windowUpdate, 0, streamId, uint32(this.#unacknowledged));
      this.#unacknowledged = 0;
    }
    this.#messages.push(unpadded(frame), (_head, message) => {
      if (!this.#ended) this.#handlers.onMessage(message);
    });
    if (frame.flags & flags.endStream) this.#end('the server ended the stream');
  }

  /** Nothing in the headers matters but whether the call was accepted, so they are not decoded. */
  #onHeaders(frame: Frame): void {
    if (frame.flags & flags.endStream) {
      this.#end(this.#opened ? 'the server ended the stream' : 'the server refused the stream');
      return;
    }
    if (this.#opened) return;
    this.#opened = true;
    if (unpadded(frame)[0] === statusOk) this.#handlers.onOpen?.();
    else this.#end('the server answered with another status than 200');
  }

  #onSettings({ flags: set, payload }: Frame): void {
    if (set & flags.ack) return;
    const settings = decodeSettings(payload);
    const initial = settings.get(settingIds.initialWindow) ?? this.#initialWindow;
    this.#streamCredit += initial - this.#initialWindow;
    this.#initialWindow = initial;
    this.#peerMaxFrame = Math.min(settings.get(settingIds.maxFrame) ?? this.#peerMaxFrame, maxFrame);
    this.#send(frameTypes.settings, flags.ack, 0, Buffer.alloc(0));
    this.#flush();
  }

  #onPing({ flags: set, payload }: Frame): void {
    if (set & flags.ack) this.#pingPending = false;
    else this.#send(frameTypes.ping, flags.ack, 0, payload);
  }

  #onCredit({ stream, payload }: Frame): void {
    const credit = payload.readUInt32BE(0) & 0x7fffffff;
    if (stream === 0) this.#connectionCredit += credit;
    else this.#streamCredit += credit;
    this.#flush();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearInterval(this.#keepAlive);
    this.#outgoing = [];
    this.#socket.destroy();
    this.#handlers.onEnd(reason);
  }
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Opens a bidirectional gRPC call in plain HTTP/2. Node's own http2 would do it as well, but loading it costs 8 MB, more than
 * a proxy that has nothing else to do with it should pay.
 */
export function openGrpcStream(target: GrpcTarget, method: string, handlers: GrpcStreamHandlers): GrpcStream {
  return new Call(target, method, handlers);
}
