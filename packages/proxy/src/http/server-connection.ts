import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { DownstreamConnection } from '../stream-info.ts';
import { responseFlag } from '../telemetry/response-flags.ts';
import { BodyReader, type BodySink } from './codec/body-reader.ts';
import { type CodecError, codecErrors } from './codec/head-error.ts';
import { HeadReader } from './codec/head-reader.ts';
import { Output } from './codec/output.ts';
import { parseRequestHead, type RequestHead } from './codec/request-head.ts';
import { canBeginMethod } from './codec/request-line.ts';
import { lastChunkText, reasonPhrase, responseFraming, responseHeadText } from './codec/serialize.ts';
import type { ResponseHeaders, TrailerList } from './header-list.ts';
import { LazyTimer } from './lazy-timer.ts';
import type { Manager } from './manager.ts';
import { Stream } from './stream.ts';
import { HttpStreamInfo } from './stream-info-impl.ts';
import { onDurationTimeout, onHeaderTimeout, onRequestTimeout, onStreamIdle } from './stream-timeouts.ts';
import type { StreamWriter } from './stream-writer.ts';

const heldLimit = 256 * 1024;

/** One client connection speaking HTTP/1. */
export class ServerConnection implements BodySink, StreamWriter {
  private readonly manager: Manager;
  private readonly connection: DownstreamConnection;
  private readonly socket: Socket;
  private readonly output: Output;
  private readonly head = new HeadReader(true);
  private readonly body: BodyReader;
  private stream: Stream | undefined = undefined;
  private request: RequestHead | undefined = undefined;
  /** Bytes of requests behind the one that is being answered. */
  private held: Buffer[] = [];
  private heldSize = 0;
  private processing = false;
  private chunkedResponse = false;
  private rawResponse = false;
  private drainState: 'none' | 'draining' | 'closing' = 'none';
  private clientCloses = false;
  private state: 'open' | 'closing' | 'closed' = 'open';
  private requests = 0;
  private pauses = 0;
  private blocked = false;
  private readonly startedAt: number;
  private readonly idleTimer: LazyTimer;
  private streamTimer: LazyTimer | undefined;
  private requestTimer: LazyTimer | undefined;
  private durationTimer: LazyTimer | undefined;
  private responseTimer: LazyTimer | undefined;
  private headTimer: LazyTimer | undefined;
  private readonly cancels: (() => void)[] = [];

  constructor(manager: Manager, connection: DownstreamConnection) {
    this.manager = manager;
    this.connection = connection;
    this.socket = connection.socket;
    const { clock } = manager.deps;
    this.startedAt = clock.monotonic();
    this.output = new Output(this.socket, manager.pools.flusher, () => this.onFull());
    this.body = new BodyReader(manager.names, manager.settings.head, manager.settings.enableTrailers);
    this.idleTimer = new LazyTimer(clock, () => this.onIdle());
    this.countOpened();
    this.startTimers();
    this.listen();
    if (connection.initialData !== undefined && connection.initialData.length > 0)
      this.onData(connection.initialData);
  }

  private countOpened(): void {
    const { stats } = this.manager;
    stats.cxTotal.inc();
    stats.cxHttp1Total.inc();
    stats.cxActive.inc();
    stats.cxHttp1Active.inc();
  }

  private startTimers(): void {
    const { settings, deps } = this.manager;
    if (settings.idleTimeout > 0) this.idleTimer.arm(settings.idleTimeout, this.startedAt);
    if (settings.maxConnectionDuration > 0) {
      this.cancels.push(deps.clock.after(settings.maxConnectionDuration, () => this.onMaxDuration()));
    }
    this.cancels.push(this.connection.drain.onDrain(() => this.onListenerDrain()));
  }

  private listen(): void {
    const { socket } = this;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('end', () => this.onEnd());
    socket.on('error', () => {});
    socket.on('close', () => this.onClosed());
    socket.on('drain', () => this.onDrained());
    socket.resume();
  }

  private onData(chunk: Buffer): void {
    this.manager.stats.cxRxBytes.value += chunk.length;
    if (this.state !== 'open') return;
    if (this.processing || this.held.length > 0 || this.isAnswering()) this.hold(chunk);
    else this.process(chunk, 0);
  }

  /** A whole request has come and is not answered yet. */
  private isAnswering(): boolean {
    return this.stream !== undefined && this.request !== undefined && this.body.complete;
  }

  private hold(chunk: Buffer): void {
    this.held.push(chunk);
    this.heldSize += chunk.length;
    if (this.heldSize > heldLimit && this.held.length === 1) this.pauseReading();
    else if (this.heldSize > heldLimit && this.heldSize - chunk.length <= heldLimit) this.pauseReading();
  }

  private process(chunk: Buffer, from: number): void {
    let position = from;
    this.processing = true;
    while (position < chunk.length && this.state === 'open') {
      if (this.request === undefined) {
        position = this.readHead(chunk, position);
        continue;
      }
      if (this.body.complete) {
        this.hold(position === 0 ? chunk : chunk.subarray(position));
        break;
      }
      position = this.body.feed(chunk, position, this);
      if (this.body.fault !== undefined) {
        this.protocolError(this.body.fault);
        break;
      }
    }
    this.processing = false;
    if (this.held.length > 0 && !this.isAnswering()) this.processHeld();
  }

  private processHeld(): void {
    if (this.state !== 'open' || this.processing) return;
    const chunk = this.held.shift();
    if (chunk === undefined) return;
    const before = this.heldSize;
    this.heldSize -= chunk.length;
    if (before > heldLimit && this.heldSize <= heldLimit) this.resumeReading();
    this.process(chunk, 0);
  }

  /** Takes bytes of a head; returns the index of the first byte that was not taken. */
  private readHead(chunk: Buffer, from: number): number {
    const { manager } = this;
    const complete = this.head.feed(chunk, from);
    const { text } = this.head;
    if (text === '') return chunk.length;
    this.openStream();
    if (!canBeginMethod(text.charCodeAt(0))) return this.refuseHead(codecErrors.codec, chunk);
    if (!complete) return this.readPartialHead(chunk);
    const parsed = parseRequestHead(text, manager.names, manager.settings.head);
    if (!('headers' in parsed)) return this.refuseHead(parsed, chunk);
    const next = this.head.consumed(parsed.end);
    this.head.reset();
    this.headTimer?.disarm();
    this.begin(parsed);
    return next;
  }

  private readPartialHead(chunk: Buffer): number {
    const { text } = this.head;
    const { settings } = this.manager;
    if (text.length > settings.head.maxBytes) return this.refuseHead(codecErrors.headersTooLarge, chunk);
    if (settings.requestHeadersTimeout > 0 && !this.headTimer?.armed) {
      this.headTimer ??= new LazyTimer(this.manager.deps.clock, () => this.withStream(onHeaderTimeout));
      this.headTimer.arm(settings.requestHeadersTimeout, this.manager.deps.clock.monotonic());
    }
    return chunk.length;
  }

  private refuseHead(fault: CodecError, chunk: Buffer): number {
    this.protocolError(fault);
    return chunk.length;
  }

  private openStream(): void {
    if (this.stream !== undefined) return;
    const { clock } = this.manager.deps;
    this.idleTimer.disarm();
    this.stream = new Stream(
      this.manager,
      this,
      new HttpStreamInfo(this.connection.info, clock.monotonic(), clock.now()),
    );
  }

  private begin(parsed: RequestHead): void {
    const stream = this.stream!;
    const { settings } = this.manager;
    this.requests++;
    if (!parsed.http11 && !settings.head.acceptHttp10) {
      this.protocolError({ status: 426, details: 'low_version' });
      return;
    }
    this.request = parsed;
    if (parsed.close) {
      this.clientCloses = true;
      this.drainState = 'closing';
    }
    if (settings.maxRequestsPerConnection > 0 && this.requests >= settings.maxRequestsPerConnection) {
      this.manager.stats.cxMaxRequests.inc();
      this.drainState = 'closing';
    }
    const raw = parsed.upgrade !== undefined || parsed.headers.method === 'CONNECT';
    const mode = raw ? 'raw' : parsed.chunked ? 'chunked' : parsed.contentLength > 0 ? 'length' : 'none';
    this.body.start(mode, parsed.contentLength);
    stream.start(parsed, this.body.complete);
  }

  onBody(data: Buffer, end: boolean): void {
    this.stream?.onRequestBody(data, end);
  }

  onBodyEnd(trailers: TrailerList | undefined): void {
    if (trailers === undefined) this.stream?.onRequestBody(noBytes, true);
    else this.stream?.onRequestTrailers(trailers);
  }

  private protocolError(fault: CodecError): void {
    this.openStream();
    const stream = this.stream!;
    this.manager.stats.cxProtocolError.inc();
    stream.info.responseFlags |= responseFlag.DPE;
    this.drainState = 'closing';
    this.held = [];
    if (stream.responseStarted) {
      stream.info.responseCodeDetails = fault.details;
      stream.resetDownstream();
      return;
    }
    stream.sendLocalReply(fault.status, reasonPhrase(fault.status), fault.details);
  }

  sendContinue(): void {
    this.output.addText('HTTP/1.1 100 Continue\r\n\r\n');
  }

  sendHeaders(headers: ResponseHeaders, end: boolean): void {
    const { settings } = this.manager;
    const { request } = this;
    const { status } = headers;
    const head = request?.headers.method === 'HEAD';
    const connected = request?.headers.method === 'CONNECT' && status >= 200 && status < 300;
    const upgraded = status === 101 && request?.upgrade !== undefined;
    const http10 = request !== undefined && !request.http11;
    const framing = responseFraming(headers, end, head, connected || upgraded || http10);
    this.chunkedResponse = framing === 'chunked' && !head && !end;
    this.rawResponse = connected || upgraded;
    if (http10 && !end && !this.chunkedResponse && !headers.has('content-length'))
      this.drainState = 'closing';
    if (this.drainState !== 'none' && !this.rawResponse) {
      headers.set('connection', 'close');
      this.drainState = 'closing';
    } else if (http10 && !this.rawResponse) headers.set('connection', 'keep-alive');
    this.output.addText(responseHeadText(headers, framing, settings.nameStyle, http10));
    if (upgraded) this.manager.stats.cxUpgradesTotal.inc();
  }

  sendBody(data: Buffer, end: boolean): void {
    if (data.length > 0) {
      if (this.chunkedResponse) {
        this.output.addText(`${data.length.toString(16)}\r\n`);
        this.output.addBytes(data);
        this.output.addText('\r\n');
      } else this.output.addBytes(data);
    }
    if (end && this.chunkedResponse) this.output.addText(lastChunkText(undefined));
  }

  sendTrailers(trailers: TrailerList): void {
    if (this.chunkedResponse) this.output.addText(lastChunkText(trailers));
  }

  resetStream(): void {
    this.output.flush();
    this.destroy(true);
  }

  get closesAfterStream(): boolean {
    return this.drainState === 'closing';
  }

  closeAfterStream(): void {
    this.drainState = 'closing';
  }

  checkDrain(): void {
    if (this.drainState !== 'none' || !(this.connection.drain.draining || this.manager.draining)) return;
    this.manager.stats.cxDrainClose.inc();
    this.drainState = 'draining';
  }

  get writeBlocked(): boolean {
    return this.blocked;
  }

  replaceStream(): Stream {
    this.stream = undefined;
    this.openStream();
    return this.stream!;
  }

  onStreamDone(stream: Stream): void {
    if (stream !== this.stream) return;
    this.stopStreamTimers();
    this.stream = undefined;
    this.request = undefined;
    if (this.state !== 'open') return;
    if (this.rawResponse || this.drainState === 'closing' || !stream.requestComplete) {
      if (stream.responseComplete) this.closeGracefully();
      return;
    }
    this.idleTimer.arm(this.manager.settings.idleTimeout || neverIdle, this.manager.deps.clock.monotonic());
    if (this.held.length > 0 && !this.processing) queueMicrotask(() => this.processHeld());
  }

  /** Writes what is left, then closes as Envoy does: at once when the client asked for it, else after a while. */
  private closeGracefully(): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.idleTimer.disarm();
    this.held = [];
    this.output.flush();
    const delay = this.manager.settings.delayedCloseTimeout;
    if (delay === 0 || (this.clientCloses && this.body.complete) || this.rawResponse) {
      this.socket.end();
      this.socket.destroySoon();
      return;
    }
    this.cancels.push(
      this.manager.deps.clock.after(delay, () => {
        this.manager.stats.cxDelayedCloseTimeout.inc();
        this.destroy(true);
      }),
    );
  }

  private onEnd(): void {
    if (this.state !== 'open') {
      this.destroy(false);
      return;
    }
    this.stream?.onDownstreamClosed('downstream_remote_disconnect');
    this.destroy(false);
  }

  private onClosed(): void {
    if (this.state === 'closed') return;
    this.stream?.onDownstreamClosed('downstream_remote_disconnect');
    this.destroy(false);
  }

  private destroy(local: boolean): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    const { stats } = this.manager;
    stats.cxActive.dec();
    stats.cxHttp1Active.dec();
    stats.cxDestroy.inc();
    (local ? stats.cxDestroyLocal : stats.cxDestroyRemote).inc();
    if (this.stream !== undefined) {
      stats.cxDestroyActiveRq.inc();
      (local ? stats.cxDestroyLocalActiveRq : stats.cxDestroyRemoteActiveRq).inc();
    }
    stats.cxLengthMs.record(this.manager.deps.clock.monotonic() - this.startedAt);
    this.idleTimer.stop();
    for (const timer of [
      this.streamTimer,
      this.requestTimer,
      this.durationTimer,
      this.responseTimer,
      this.headTimer,
    ]) {
      timer?.stop();
    }
    for (const cancel of this.cancels) cancel();
    this.output.discard();
    this.manager.forget(this);
    if (local) this.socket.destroySoon();
    else this.socket.destroy();
  }

  /** Closes now; for the end of the manager. */
  close(): void {
    this.stream?.onDownstreamClosed('downstream_local_disconnect');
    this.destroy(true);
  }

  private onIdle(): void {
    if (this.stream !== undefined) return;
    this.manager.stats.cxIdleTimeout.inc();
    this.startDrain();
  }

  private onMaxDuration(): void {
    this.manager.stats.cxMaxDuration.inc();
    this.startDrain();
  }

  private onListenerDrain(): void {
    if (this.stream === undefined) this.startDrain();
  }

  private startDrain(): void {
    if (this.drainState !== 'none' || this.state !== 'open') return;
    this.drainState = 'draining';
    this.cancels.push(
      this.manager.deps.clock.after(this.manager.settings.drainTimeout, () => {
        this.drainState = 'closing';
        if (this.stream === undefined) this.closeGracefully();
      }),
    );
  }

  pauseReading(): void {
    if (this.pauses++ > 0) return;
    this.socket.pause();
    this.manager.stats.flowPaused.inc();
  }

  resumeReading(): void {
    if (this.pauses === 0 || --this.pauses > 0) return;
    this.socket.resume();
    this.manager.stats.flowResumed.inc();
  }

  private onFull(): void {
    this.blocked = true;
    this.stream?.onWriteBlocked();
  }

  private onDrained(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.stream?.onWriteDrained();
  }

  private stopStreamTimers(): void {
    this.streamTimer?.disarm();
    this.requestTimer?.disarm();
    this.durationTimer?.disarm();
    this.responseTimer?.disarm();
    this.headTimer?.disarm();
    if (this.pauses > 0) {
      this.pauses = 0;
      this.socket.resume();
    }
  }

  private withStream(action: (stream: Stream) => void): void {
    if (this.stream !== undefined) action(this.stream);
  }

  armIdle(milliseconds: number): void {
    const { clock } = this.manager.deps;
    this.streamTimer ??= new LazyTimer(clock, () => this.withStream(onStreamIdle));
    this.streamTimer.arm(milliseconds, clock.monotonic());
  }

  armRequest(milliseconds: number): void {
    const { clock } = this.manager.deps;
    this.requestTimer ??= new LazyTimer(clock, () => this.withStream(onRequestTimeout));
    this.requestTimer.arm(milliseconds, clock.monotonic());
  }

  disarmRequest(): void {
    this.requestTimer?.disarm();
  }

  armDuration(milliseconds: number): void {
    const { clock } = this.manager.deps;
    this.durationTimer ??= new LazyTimer(clock, () => this.withStream(onDurationTimeout));
    this.durationTimer.arm(milliseconds, clock.monotonic());
  }

  armResponse(milliseconds: number): void {
    const { clock } = this.manager.deps;
    this.responseTimer ??= new LazyTimer(clock, () => this.stream?.onResponseTimeout());
    this.responseTimer.arm(milliseconds, clock.monotonic());
  }

  disarmResponse(): void {
    this.responseTimer?.disarm();
  }
}

const noBytes = Buffer.alloc(0);
const neverIdle = 2 ** 31 - 1;
