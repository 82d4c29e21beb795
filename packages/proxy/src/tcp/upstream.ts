import type { OnReadOpts, Socket } from 'node:net';
import type { RuntimeCluster } from '../upstream/cluster.ts';
import { connectFailure, openSocket, refusedTransport } from '../upstream/connect.ts';
import type { UpstreamHost } from '../upstream/host.ts';
import type { TcpEnvironment } from './environment.ts';

/** A connection to a host of a cluster, with the cluster's books kept. */
export interface UpstreamConnection {
  readonly socket: Socket;
  readonly host: UpstreamHost;
  /** Gives back what the connection holds; to be called exactly once, when it is over. */
  release(): void;
}

export interface ConnectHandlers {
  connected(connection: UpstreamConnection): void;
  failed(reason: string, kind: 'connect-failed' | 'timeout'): void;
}

/** Connects to `host`, for which the caller holds a connection slot; the returned function gives up. */
export function connectUpstream(
  cluster: RuntimeCluster,
  host: UpstreamHost,
  environment: TcpEnvironment,
  onread: OnReadOpts,
  handlers: ConnectHandlers,
): () => void {
  const { stats } = cluster;
  const refused = refusedTransport(cluster, host);
  stats.upstreamCxTotal.inc();
  stats.upstreamCxActive.inc();
  host.activeConnections++;
  const began = environment.clock.monotonic();
  const release = once(() => {
    host.activeConnections--;
    stats.upstreamCxActive.dec();
    stats.counter('upstream_cx_destroy').inc();
    stats.scope.histogram('upstream_cx_length_ms').record(environment.clock.monotonic() - began);
    cluster.resources('DEFAULT').releaseConnection();
  });
  const fail = (reason: string, kind: 'connect-failed' | 'timeout') => {
    release();
    stats.upstreamCxConnectFail.inc();
    if (kind === 'timeout') stats.upstreamCxConnectTimeout.inc();
    stats.counter(kind === 'timeout' ? 'upstream_cx_destroy_local' : 'upstream_cx_destroy_remote').inc();
    stats.counter('upstream_rq_pending_failure_eject').inc();
    cluster.report(host, { kind: 'local-origin-failure', reason: kind });
    handlers.failed(reason, kind);
  };
  if (refused !== undefined) {
    const cancel = environment.clock.after(0, () => fail(refused, 'connect-failed'));
    return () => {
      cancel();
      release();
    };
  }
  return dial(cluster, host, environment, began, onread, release, fail, handlers);
}

function dial(
  cluster: RuntimeCluster,
  host: UpstreamHost,
  environment: TcpEnvironment,
  began: number,
  onread: OnReadOpts,
  release: () => void,
  fail: (reason: string, kind: 'connect-failed' | 'timeout') => void,
  handlers: ConnectHandlers,
): () => void {
  const socket = openSocket(host, cluster.sockets, onread);
  const stop = () => {
    cancel();
    socket.removeAllListeners();
    socket.on('error', () => {});
  };
  const cancel = environment.clock.after(cluster.connectTimeout, () => {
    stop();
    socket.destroy();
    fail('', 'timeout');
  });
  socket.once('error', (error: NodeJS.ErrnoException) => {
    stop();
    fail(connectFailure(error), 'connect-failed');
  });
  socket.once('connect', () => {
    stop();
    cluster.stats.scope.histogram('upstream_cx_connect_ms').record(environment.clock.monotonic() - began);
    cluster.outlier?.reportConnected(host);
    handlers.connected({ socket, host, release });
  });
  return () => {
    stop();
    socket.destroy();
    release();
  };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
