import type { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../../connection-info.ts';
import { type BodyMode, BodyReader, type BodySink } from '../codec/body-reader.ts';
import { HeadReader } from '../codec/head-reader.ts';
import { Output } from '../codec/output.ts';
import { parseResponseHead, type ResponseHead } from '../codec/response-head.ts';
import { lastChunkText, requestHeadText } from '../codec/serialize.ts';
import type { RequestHeaders, TrailerList } from '../header-list.ts';
import { LazyTimer } from '../lazy-timer.ts';
import type { ConnectionPool } from './pool.ts';
import { connectErrorText, type ResetReason } from './reset-reason.ts';

/** Who sent a request on a connection and receives its answer. */
export interface ResponseHandler {
  onResponseHead(head: ResponseHead): void;
  onResponseBody(data: Buffer, end: boolean): void;
  onResponseEnd(trailers: TrailerList | undefined): void;
  onUpstreamReset(reason: ResetReason, details: string): void;
  /** The connection takes no more of the request for now. */
  onUpstreamFull(): void;
  /** The connection has room for more of the request again. */
  onUpstreamDrain(): void;
}

const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'CONNECT', 'TRACE']);

/** One HTTP/1.1 connection to an upstream host, with at most one request on it at a time. */
export class ClientConnection implements BodySink {
  readonly socket: Socket;
  readonly pool: ConnectionPool;
  /** How many more requests may be sent on it. */
  requestsLeft: number;
  state: 'connecting' | 'open' | 'closed' = 'connecting';
  local: SocketAddress | undefined;
  /** Whether a slot of the circuit breaker was taken for it. */
  counted = true;
  private handler: ResponseHandler | undefined;
  private method = 'GET';
  private upgrade = false;
  private chunked = false;
  private raw = false;
  private requestDone = true;
  private closeAfter = false;
  private paused = false;
  private awaitsHead = false;
  private readonly head = new HeadReader(false);
  private readonly body: BodyReader;
  private readonly output: Output;
  private readonly connectTimer: LazyTimer;
  private readonly idleTimer: LazyTimer;
  private cancelDuration: (() => void) | undefined;
  private readonly startedAt: number;
  private error: NodeJS.ErrnoException | undefined;

  constructor(pool: ConnectionPool) {
    this.pool = pool;
    this.requestsLeft = pool.options.maxRequestsPerConnection || Number.POSITIVE_INFINITY;
    this.startedAt = pool.clock.monotonic();
    this.body = new BodyReader(pool.names, pool.options.limits, pool.options.enableTrailers);
    this.socket = openSocket(pool);
    this.output = new Output(this.socket, pool.flusher, () => this.handler?.onUpstreamFull());
    this.connectTimer = new LazyTimer(pool.clock, () => this.onConnectTimeout());
    this.idleTimer = new LazyTimer(pool.clock, () => this.onIdle());
    this.connectTimer.arm(pool.cluster.connectTimeout, this.startedAt);
    this.listen();
  }

  private listen(): void {
    const socket = this.socket;
    socket.setNoDelay(true);
    socket.on('connect', () => this.onConnect());
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('end', () => this.onClosed());
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => this.onClosed());
    socket.on('drain', () => this.handler?.onUpstreamDrain());
  }

  get busy(): boolean {
    return this.handler !== undefined || !this.requestDone;
  }

  /**
   * Sends a request's head; with `end` it is the whole request. `length` is how long the body is, -1 when that is not
   * known: a Content-Length that says otherwise (configuration can write one) does not go out.
   */
  sendHead(
    handler: ResponseHandler,
    headers: RequestHeaders,
    end: boolean,
    upgrade: boolean,
    length: number,
  ): void {
    this.handler = handler;
    this.method = headers.method;
    this.upgrade = upgrade;
    this.raw = upgrade || headers.path === undefined;
    this.requestDone = end;
    this.awaitsHead = true;
    this.requestsLeft--;
    const declared = headers.first('content-length');
    const hasLength = declared !== undefined && Number(declared) === length;
    if (declared !== undefined && !hasLength) headers.remove('content-length');
    this.chunked = !end && !hasLength && !this.raw;
    const framing = this.chunked
      ? 'chunked'
      : end && !hasLength && !bodiless.has(headers.method)
        ? 'empty'
        : 'none';
    this.output.addText(requestHeadText(headers, framing, this.pool.options.nameStyle));
  }

  sendBody(data: Buffer, end: boolean): void {
    if (this.state === 'closed' || this.requestDone) return;
    if (data.length > 0) {
      if (this.chunked) {
        this.output.addText(`${data.length.toString(16)}\r\n`);
        this.output.addBytes(data);
        this.output.addText('\r\n');
      } else this.output.addBytes(data);
    }
    if (end) this.endRequest(undefined);
  }

  sendTrailers(trailers: TrailerList): void {
    if (!this.requestDone) this.endRequest(this.pool.options.enableTrailers ? trailers : undefined);
  }

  private endRequest(trailers: TrailerList | undefined): void {
    if (this.chunked) this.output.addText(lastChunkText(trailers));
    this.requestDone = true;
    if (!this.raw) return;
    this.output.flush();
    this.socket.end();
  }

  pauseReading(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
    this.pool.stats.flowPaused.inc();
  }

  resumeReading(): void {
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
    this.pool.stats.flowResumed.inc();
  }

  /** The sender no longer wants the answer: the connection cannot be used again. */
  abandon(): void {
    if (this.handler === undefined) return;
    this.handler = undefined;
    this.finish(true, true);
    this.pool.onStreamEnd(this, false);
    this.socket.destroy();
  }

  close(): void {
    if (this.state === 'closed') return;
    this.finish(true);
    this.socket.destroy();
  }

  startIdle(now: number): void {
    const idle = this.pool.options.idleTimeout;
    if (idle > 0) this.idleTimer.arm(idle, now);
  }

  stopIdle(): void {
    this.idleTimer.disarm();
  }

  private onConnect(): void {
    if (this.state !== 'connecting') return;
    this.state = 'open';
    this.connectTimer.stop();
    const { localAddress, localPort } = this.socket;
    if (localAddress !== undefined && localPort !== undefined)
      this.local = { address: localAddress, port: localPort };
    this.pool.stats.cxConnectMs.record(this.pool.clock.monotonic() - this.startedAt);
    const duration = this.pool.options.maxConnectionDuration;
    if (duration > 0) this.cancelDuration = this.pool.clock.after(duration, () => this.onMaxDuration());
    this.pool.onConnected(this);
  }

  private onData(chunk: Buffer): void {
    this.pool.stats.cxRxBytes.value += chunk.length;
    let position = 0;
    while (position < chunk.length && this.state !== 'closed') {
      if (this.handler === undefined) {
        this.protocolError('data without a request');
        break;
      }
      if (this.awaitsHead) {
        if (!this.head.feed(chunk, position)) {
          if (this.head.text.length > this.pool.options.limits.maxBytes)
            this.protocolError('headers too large');
          break;
        }
        position = this.readHead(chunk);
        continue;
      }
      position = this.body.feed(chunk, position, this);
      if (this.body.fault !== undefined) {
        this.protocolError(this.body.fault.details);
        break;
      }
      if (this.body.complete) this.completeResponse(position < chunk.length);
    }
  }

  onBody(data: Buffer, end: boolean): void {
    this.handler?.onResponseBody(data, end);
  }

  onBodyEnd(trailers: TrailerList | undefined): void {
    this.handler?.onResponseEnd(trailers);
  }

  /** Hands over the head that has been gathered; returns where the body begins in `chunk`. */
  private readHead(chunk: Buffer): number {
    const options = this.pool.options;
    const head = parseResponseHead(
      this.head.text,
      this.pool.names,
      options.limits,
      this.method,
      this.upgrade,
    );
    if (typeof head === 'string') {
      this.protocolError(head);
      return chunk.length;
    }
    const next = this.head.consumed(head.end);
    this.head.reset();
    const handler = this.handler!;
    const status = head.headers.status;
    if (status < 200 && status !== 101) {
      if (status === 100) handler.onResponseHead(head);
      return next;
    }
    this.awaitsHead = false;
    if (head.close || head.body === 'raw' || head.body === 'until-close') this.closeAfter = true;
    this.body.start(head.body as BodyMode, head.contentLength);
    handler.onResponseHead(head);
    if (this.handler === handler && this.body.complete) this.completeResponse(next < chunk.length);
    return next;
  }

  /** `excess` tells that bytes follow which nobody asked for; they must never be taken for another answer. */
  private completeResponse(excess: boolean): void {
    const reusable = this.requestDone && !this.closeAfter && !excess;
    this.handler = undefined;
    if (!reusable) this.requestDone = true;
    this.pool.onStreamEnd(this, reusable);
  }

  private protocolError(details: string): void {
    this.pool.stats.cxProtocolError.inc();
    const handler = this.handler;
    this.handler = undefined;
    if (handler !== undefined) this.pool.onStreamEnd(this, false);
    this.close();
    handler?.onUpstreamReset('protocol error', details);
  }

  private onConnectTimeout(): void {
    if (this.state !== 'connecting') return;
    this.pool.stats.cxConnectTimeout.inc();
    this.state = 'closed';
    this.socket.destroy();
    this.pool.onConnectFailed(this, 'connection timeout', 'connect_timeout');
  }

  private onIdle(): void {
    if (this.busy) return;
    this.pool.stats.cxIdleTimeout.inc();
    this.close();
  }

  private onMaxDuration(): void {
    this.pool.stats.cxMaxDuration.inc();
    this.requestsLeft = 0;
    this.closeAfter = true;
    if (!this.busy) this.close();
  }

  private onClosed(): void {
    if (this.state === 'closed') return;
    if (this.state === 'connecting') {
      this.state = 'closed';
      this.connectTimer.stop();
      this.socket.destroy();
      this.pool.onConnectFailed(
        this,
        'remote connection failure',
        this.error === undefined ? 'connection_closed' : connectErrorText(this.error),
      );
      return;
    }
    const handler = this.handler;
    const inBody = handler !== undefined && !this.awaitsHead;
    if (inBody && this.error === undefined && this.body.finish(this)) {
      this.completeResponse(false);
      this.finish(false);
      this.socket.destroy();
      return;
    }
    this.handler = undefined;
    const broken = inBody || (handler !== undefined && this.head.text !== '');
    if (broken) this.pool.stats.cxProtocolError.inc();
    this.finish(false, handler !== undefined);
    this.socket.destroy();
    if (handler === undefined) return;
    this.pool.onStreamEnd(this, false);
    handler.onUpstreamReset(broken ? 'protocol error' : 'connection termination', '');
  }

  /** Leaves the pool; what is counted when a connection ends is counted here. */
  private finish(local: boolean, withRequest = this.handler !== undefined): void {
    this.state = 'closed';
    this.connectTimer.stop();
    this.idleTimer.stop();
    this.cancelDuration?.();
    this.output.discard();
    this.pool.stats.cxLengthMs.record(this.pool.clock.monotonic() - this.startedAt);
    this.pool.onConnectionClosed(this, local, withRequest);
  }
}

function openSocket(pool: ConnectionPool): Socket {
  const { address, port } = pool.host;
  if (address.startsWith('/') || address.startsWith('@')) {
    return connect({
      path: address.startsWith('@') ? `\0${address.slice(1)}` : address,
      allowHalfOpen: true,
    });
  }
  return connect({ host: address, port, allowHalfOpen: true, ...pool.options.bind });
}
