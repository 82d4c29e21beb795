import type { Buffer } from 'node:buffer';
import type { Host } from '../../upstream/types.ts';
import type { ResponseHead } from '../codec/response-head.ts';
import type { TrailerList } from '../header-list.ts';
import type { ClientConnection, ResponseHandler } from '../upstream/client-connection.ts';
import type { ConnectionPool, PoolWaiter } from '../upstream/pool.ts';
import type { ResetReason } from '../upstream/reset-reason.ts';
import type { Router } from './router.ts';

/** One attempt at an upstream host. */
export class UpstreamRequest implements PoolWaiter, ResponseHandler {
  readonly router: Router;
  readonly host: Host;
  private readonly pool: ConnectionPool;
  private connection: ClientConnection | undefined = undefined;
  private waiting = true;
  private cancelPerTry: (() => void) | undefined = undefined;
  private cancelPerTryIdle: (() => void) | undefined = undefined;
  private cancelDuration: (() => void) | undefined = undefined;
  ended = false;
  /** Something of the request has been written. */
  sent = false;
  headersCame = false;
  sentAt = 0;

  constructor(router: Router, host: Host, pool: ConnectionPool) {
    this.router = router;
    this.host = host;
    this.pool = pool;
  }

  start(): void {
    this.pool.acquire(this);
  }

  onPoolReady(connection: ClientConnection): void {
    this.waiting = false;
    this.connection = connection;
    this.sent = true;
    this.router.onAttached(this, connection);
  }

  onPoolFailure(reason: ResetReason, details: string): void {
    this.waiting = false;
    this.end();
    this.router.onReset(this, reason, details);
  }

  sendHead(end: boolean): void {
    const { stream } = this.router;
    const upgrade = stream.upgrade !== undefined;
    this.connection!.sendHead(this, this.router.outgoing, end, upgrade, stream.requestLength);
  }

  sendBody(data: Buffer, end: boolean): void {
    this.connection?.sendBody(data, end);
  }

  sendTrailers(trailers: TrailerList): void {
    this.connection?.sendTrailers(trailers);
  }

  get attached(): boolean {
    return this.connection !== undefined;
  }

  armDuration(milliseconds: number): void {
    const { clock } = this.router.stream.manager.deps;
    this.cancelDuration = clock.after(milliseconds, () => this.router.onMaxDuration(this));
  }

  /** The whole request has been received: the time of this attempt begins. */
  armPerTry(milliseconds: number, idle: number): void {
    const { clock } = this.router.stream.manager.deps;
    if (milliseconds > 0 && this.cancelPerTry === undefined) {
      this.cancelPerTry = clock.after(milliseconds, () => this.router.onPerTryTimeout(this, false));
    }
    if (idle > 0) this.armIdle(idle);
  }

  private armIdle(milliseconds: number): void {
    this.cancelPerTryIdle?.();
    const { clock } = this.router.stream.manager.deps;
    this.cancelPerTryIdle = clock.after(milliseconds, () => this.router.onPerTryTimeout(this, true));
  }

  private touchIdle(): void {
    if (this.cancelPerTryIdle !== undefined) this.armIdle(this.router.perTryIdle);
  }

  onResponseHead(head: ResponseHead): void {
    if (this.ended) return;
    this.touchIdle();
    if (head.headers.status === 100) {
      this.router.onContinue();
      return;
    }
    this.headersCame = true;
    this.cancelPerTry?.();
    const end = head.body === 'none';
    if (end) this.end();
    this.router.onHeaders(this, head, end);
  }

  onResponseBody(data: Buffer, end: boolean): void {
    if (this.ended) return;
    this.touchIdle();
    if (end) this.end();
    this.router.onData(this, data, end);
  }

  onResponseEnd(trailers: TrailerList | undefined): void {
    if (this.ended) return;
    this.end();
    this.router.onEnd(this, trailers);
  }

  onUpstreamReset(reason: ResetReason, details: string): void {
    if (this.ended) return;
    this.end();
    this.router.onReset(this, reason, details);
  }

  onUpstreamFull(): void {
    this.router.stream.writer.pauseReading();
  }

  onUpstreamDrain(): void {
    this.router.stream.writer.resumeReading();
  }

  pause(): void {
    this.connection?.pauseReading();
  }

  resume(): void {
    this.connection?.resumeReading();
  }

  /** Stops caring about the answer. */
  abandon(): void {
    if (this.ended && !this.waiting) return;
    this.end();
    if (this.waiting) {
      this.waiting = false;
      this.pool.cancel(this);
    } else this.connection?.abandon();
  }

  private end(): void {
    this.ended = true;
    this.cancelPerTry?.();
    this.cancelPerTryIdle?.();
    this.cancelDuration?.();
  }
}
