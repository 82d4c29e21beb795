import type { Socket } from 'node:net';
import type { AccessLogWriter } from '../http/types.ts';
import type { DownstreamConnection, StreamInfo } from '../stream-info.ts';
import { responseFlag } from '../telemetry/response-flags.ts';
import type { RuntimeCluster } from '../upstream/cluster.ts';
import { xxHash64 } from '../upstream/hash.ts';
import type { TcpProxyConfig, WeightedCluster } from './config.ts';
import type { TcpEnvironment } from './environment.ts';
import type { TcpStats } from './stats.ts';
import { createTcpStreamInfo } from './stream-info.ts';
import { connectUpstream, type UpstreamConnection } from './upstream.ts';

/** One proxied TCP connection from accept to the access log. */
export class TcpSession {
  private readonly config: TcpProxyConfig;
  private readonly environment: TcpEnvironment;
  private readonly stats: TcpStats;
  private readonly log: readonly AccessLogWriter[];
  private readonly info: StreamInfo;
  private readonly downstream: Socket;
  private readonly ended: () => void;
  private early: Buffer | undefined;
  private upstream: UpstreamConnection | undefined;
  private cluster: RuntimeCluster | undefined;
  private cancelConnect = () => {};
  private cancelIdle = () => {};
  private cancelDuration = () => {};
  private lastActivity = 0;
  private attempts = 0;
  private over = false;
  private readonly route: WeightedCluster;

  constructor(
    connection: DownstreamConnection,
    route: WeightedCluster,
    config: TcpProxyConfig,
    stats: TcpStats,
    log: readonly AccessLogWriter[],
    environment: TcpEnvironment,
    ended: () => void,
  ) {
    this.config = config;
    this.route = route;
    this.environment = environment;
    this.stats = stats;
    this.log = log;
    this.ended = ended;
    this.downstream = connection.socket;
    this.early = connection.initialData;
    this.info = createTcpStreamInfo(connection.info, environment.clock);
  }

  start(): void {
    this.downstream.pause();
    this.downstream.on('error', (error: NodeJS.ErrnoException) => this.onDownstreamError(error));
    this.downstream.once('close', () => this.finish());
    if (this.config.maxDuration > 0) {
      this.cancelDuration = this.environment.clock.after(this.config.maxDuration, () => {
        this.stats.maxDuration.inc();
        this.info.responseFlags |= responseFlag.DT;
        this.close();
      });
    }
    this.connect();
  }

  private connect(): void {
    const cluster = this.environment.clusters.get(this.route.name);
    if (!cluster) {
      this.stats.noRoute.inc();
      this.refuse(responseFlag.NC);
      return;
    }
    this.cluster = cluster;
    this.info.upstreamCluster = cluster.name;
    const resources = cluster.resources('DEFAULT');
    if (!resources.tryConnection()) {
      this.refuse(responseFlag.UO);
      return;
    }
    const host = cluster.chooseHost(this.context());
    if (!host) {
      resources.releaseConnection();
      cluster.stats.counter('upstream_cx_none_healthy').inc();
      this.refuse(responseFlag.UH);
      return;
    }
    this.attempts++;
    this.info.attemptCount = this.attempts;
    this.info.upstreamHost = host;
    cluster.stats.counter('upstream_rq_pending_total').inc();
    this.cancelConnect = connectUpstream(cluster, host, this.environment, {
      connected: (connection) => this.onConnected(cluster, connection),
      failed: (reason) => this.onConnectFailed(cluster, reason),
    });
  }

  private context() {
    const { connection } = this.info;
    const hash = this.config.hashSourceIp ? xxHash64(connection.remote.address) : undefined;
    return { downstream: connection, hash, metadataMatch: this.route.metadataMatch };
  }

  private onConnectFailed(cluster: RuntimeCluster, reason: string): void {
    this.cancelConnect = () => {};
    this.info.upstreamTransportFailureReason = reason;
    this.info.responseFlags |= responseFlag.UF;
    if (this.attempts < this.config.maxConnectAttempts) {
      this.connect();
      return;
    }
    cluster.stats.counter('upstream_cx_connect_attempts_exceeded').inc();
    this.refuse(responseFlag.URX);
  }

  private refuse(flag: number): void {
    this.info.responseFlags |= flag;
    this.close();
  }

  private onConnected(cluster: RuntimeCluster, connection: UpstreamConnection): void {
    this.cancelConnect = () => {};
    // An attempt that succeeded leaves no trace of those before it.
    this.info.responseFlags &= ~responseFlag.UF;
    this.info.upstreamTransportFailureReason = '';
    this.upstream = connection;
    cluster.stats.upstreamRqTotal.inc();
    cluster.stats.upstreamRqActive.inc();
    connection.host.activeRequests++;
    const { socket } = connection;
    this.info.upstreamLocalAddress = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    this.touch();
    this.watchIdle();
    this.join(cluster, socket);
  }

  private join(cluster: RuntimeCluster, upstream: Socket): void {
    const { downstream, info, stats } = this;
    const rxTotal = cluster.stats.counter('upstream_cx_rx_bytes_total');
    const txTotal = cluster.stats.counter('upstream_cx_tx_bytes_total');
    const up = (chunk: Buffer) => {
      info.bytesReceived += chunk.length;
      stats.rxBytes.add(chunk.length);
      txTotal.add(chunk.length);
      this.touch();
      if (!upstream.write(chunk)) {
        downstream.pause();
        stats.paused.inc();
      }
    };
    downstream.on('data', up);
    upstream.on('data', (chunk: Buffer) => {
      info.bytesSent += chunk.length;
      stats.txBytes.add(chunk.length);
      rxTotal.add(chunk.length);
      this.touch();
      if (!downstream.write(chunk)) upstream.pause();
    });
    upstream.on('drain', () => {
      downstream.resume();
      stats.resumed.inc();
    });
    downstream.on('drain', () => upstream.resume());
    downstream.once('end', () => upstream.end());
    upstream.once('end', () => downstream.end());
    upstream.on('error', () => this.onUpstreamGone(cluster, 'upstream_cx_destroy_remote'));
    upstream.once('close', () => this.onUpstreamGone(cluster, undefined));
    if (this.early) up(this.early);
    this.early = undefined;
    downstream.resume();
  }

  private onUpstreamGone(cluster: RuntimeCluster, stat: string | undefined): void {
    if (stat) cluster.stats.counter(stat).inc();
    if (this.downstream.writableEnded && !this.downstream.readableEnded) this.downstream.resume();
    else this.downstream.end();
    // What the client still sends has nowhere to go.
    if (!this.downstream.readableEnded) this.close();
  }

  private onDownstreamError(_error: NodeJS.ErrnoException): void {
    this.close();
  }

  private touch(): void {
    this.lastActivity = this.environment.clock.monotonic();
  }

  private watchIdle(): void {
    const { idleTimeout } = this.config;
    if (idleTimeout <= 0) return;
    const check = () => {
      const idle = this.environment.clock.monotonic() - this.lastActivity;
      if (idle < idleTimeout)
        this.cancelIdle = this.environment.clock.after(Math.max(1, idleTimeout - idle), check);
      else {
        this.stats.idleTimeout.inc();
        this.close();
      }
    };
    this.cancelIdle = this.environment.clock.after(idleTimeout, check);
  }

  /** Ends both sides; what was written goes out first where it can. */
  close(): void {
    this.cancelConnect();
    this.cancelConnect = () => {};
    this.upstream?.socket.destroy();
    if (this.downstream.destroyed) return;
    this.downstream.end();
    this.downstream.destroySoon();
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.cancelConnect();
    this.cancelIdle();
    this.cancelDuration();
    if (this.upstream) this.releaseUpstream(this.upstream);
    this.info.completedAt = this.environment.clock.monotonic() - this.info.startedAt;
    const context = { info: this.info, request: undefined, response: undefined, trailers: undefined };
    for (const write of this.log) write(context);
    this.ended();
  }

  private releaseUpstream({ socket, host, release }: UpstreamConnection): void {
    socket.destroy();
    host.activeRequests--;
    this.cluster?.stats.upstreamRqActive.dec();
    release();
  }
}
