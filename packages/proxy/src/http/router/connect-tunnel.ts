import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import type { Cluster, Host } from '../../upstream/types.ts';
import { ResponseHeaders } from '../header-list.ts';
import type { Stream } from '../stream.ts';
import { connectErrorText } from '../upstream/reset-reason.ts';
import type { Router } from './router.ts';

/** The TCP connection at the end of a CONNECT that is terminated here. */
export class ConnectTunnel {
  private readonly socket: Socket;
  private readonly stream: Stream;
  private readonly router: Router;
  private open = false;
  private closed = false;
  private readonly waiting: Buffer[] = [];
  private readonly cancelTimeout: () => void;
  private error: NodeJS.ErrnoException | undefined;

  constructor(router: Router, stream: Stream, cluster: Cluster, host: Host) {
    this.router = router;
    this.stream = stream;
    stream.info.upstreamHost = host;
    this.socket = connect({ host: host.address, port: host.port });
    this.cancelTimeout = stream.manager.deps.clock.after(cluster.connectTimeout, () => {
      this.fail('connection timeout', 'connect_timeout');
    });
    this.socket.on('connect', () => this.onConnect());
    this.socket.on('data', (data: Buffer) => stream.sendBody(data, false));
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.socket.on('close', () => this.onClosed());
    this.socket.on('drain', () => stream.writer.resumeReading());
  }

  private onConnect(): void {
    this.cancelTimeout();
    this.open = true;
    for (const data of this.waiting) this.socket.write(data);
    this.waiting.length = 0;
    this.stream.info.responseCodeDetails = 'via_upstream';
    this.stream.sendHeaders(new ResponseHeaders(200), false);
  }

  private fail(reason: 'connection timeout' | 'remote connection failure', details: string): void {
    if (this.closed) return;
    this.close();
    this.router.onTunnelFailed(reason, details);
  }

  private onClosed(): void {
    if (this.closed) return;
    if (!this.open) {
      this.fail(
        'remote connection failure',
        this.error === undefined ? 'connection_closed' : connectErrorText(this.error),
      );
      return;
    }
    this.closed = true;
    this.stream.sendBody(noBytes, true);
  }

  write(data: Buffer, end: boolean): void {
    if (this.closed) return;
    if (!this.open) this.waiting.push(data);
    else if (data.length > 0 && !this.socket.write(data)) this.stream.writer.pauseReading();
    if (end) this.socket.end();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.cancelTimeout();
    this.socket.destroy();
  }
}

const noBytes = Buffer.alloc(0);
