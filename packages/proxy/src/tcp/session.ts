import type { Socket } from 'node:net';
import type { AccessLogWriter } from '../http/types.ts';
import type { DownstreamConnection, StreamInfo } from '../stream-info.ts';
import { responseFlag } from '../telemetry/response-flags.ts';
import type { RuntimeCluster } from '../upstream/cluster.ts';
import { xxHash64 } from '../upstream/hash.ts';
import type { TcpProxyConfig, WeightedCluster } from './config.ts';
import type { TcpEnvironment } from './environment.ts';
import { PooledReader, type Sink } from './read-buffers.ts';
import type { TcpStats } from './stats.ts';
import { createTcpStreamInfo } from './stream-info.ts';
import { takeOver } from './take-over.ts';
import { connectUpstream, type UpstreamConnection } from './upstream.ts';

/** Milliseconds after the connection within which a reset counts as a refused connection. */
const resetWithConnect = 10;

/** One proxied TCP connection from accept to the access log. */
export class TcpSession {
  private readonly config: TcpProxyConfig;
  private readonly environment: TcpEnvironment;
  private readonly stats: TcpStats;
  private readonly log: readonly AccessLogWriter[];
  private readonly info: StreamInfo;
  private readonly downstream: Socket;
  private readonly fromClient: PooledReader;
  private readonly fromUpstream: PooledReader;
  private readonly reads: boolean;
  private readonly ended: () => void;
  private early: Buffer | undefined;
  private upstream: UpstreamConnection | undefined;
  private cluster: RuntimeCluster | undefined;
  private cancelConnect = () => {};
  private cancelIdle = () => {};
  private cancelDuration = () => {};
  private lastActivity = 0;
  private attempts = 0;
  private connectedAt = 0;
  private endedByUpstream = false;
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
    this.fromClient = new PooledReader(environment.buffers);
    this.fromUpstream = new PooledReader(environment.buffers);
    const own = connection.initialData ? undefined : takeOver(connection.socket, this.fromClient.options);
    this.reads = own !== undefined;
    this.downstream = own ?? connection.socket;
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
    this.cancelConnect = connectUpstream(cluster, host, this.environment, this.fromUpstream.options, {
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
    this.connectedAt = this.lastActivity;
    this.watchIdle();
    this.join(cluster, socket);
  }

  private join(cluster: RuntimeCluster, upstream: Socket): void {
    const { downstream, info, stats } = this;
    const rxTotal = cluster.stats.counter('upstream_cx_rx_bytes_total');
    const txTotal = cluster.stats.counter('upstream_cx_tx_bytes_total');
    const up: Sink = (chunk, done) => {
      info.bytesReceived += chunk.length;
      stats.rxBytes.add(chunk.length);
      txTotal.add(chunk.length);
      this.touch();
      const room = upstream.write(chunk, done);
      if (!room) stats.paused.inc();
      return room;
    };
    this.fromUpstream.sink = (chunk, done) => {
      info.bytesSent += chunk.length;
      stats.txBytes.add(chunk.length);
      rxTotal.add(chunk.length);
      this.touch();
      return downstream.write(chunk, done);
    };
    if (this.reads) this.fromClient.sink = up;
    else downstream.on('data', (chunk: Buffer) => up(chunk, () => {}) || downstream.pause());
    upstream.on('drain', () => {
      downstream.resume();
      stats.resumed.inc();
    });
    downstream.on('drain', () => upstream.resume());
    downstream.once('end', () => upstream.end());
    upstream.once('end', () => {
      this.endedByUpstream = upstream.writableEnded;
      downstream.end();
    });
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      this.endedByUpstream = true;
      if (error.code === 'ECONNRESET') this.onUpstreamReset();
      this.onUpstreamGone();
    });
    upstream.once('close', () => this.onUpstreamGone());
    if (this.early) up(this.early, () => {});
    this.early = undefined;
    downstream.resume();
  }

  /** A reset that comes together with the connection is as good as a refusal. */
  private onUpstreamReset(): void {
    const { clock } = this.environment;
    if (this.info.bytesSent > 0 || clock.monotonic() - this.connectedAt > resetWithConnect) return;
    this.stats.rxBytes.value -= this.info.bytesReceived;
    this.info.bytesReceived = 0;
    this.info.responseFlags |= responseFlag.UF | responseFlag.URX;
    this.info.upstreamTransportFailureReason = 'delayed connect error: Connection reset by peer';
  }

  private onUpstreamGone(): void {
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
    this.fromClient.sink = () => true;
    this.downstream.removeAllListeners('data');
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
    this.cluster?.stats
      .counter(this.endedByUpstream ? 'upstream_cx_destroy_remote' : 'upstream_cx_destroy_local')
      .inc();
    release();
  }
}
