import type { Buffer } from 'node:buffer';
import { applyHeaderOps } from '../../route/header-ops.ts';
import type { ForwardAction, Mirror } from '../../route/types.ts';
import type { ResponseHead } from '../codec/response-head.ts';
import type { RequestHeaders, TrailerList } from '../header-list.ts';
import type { Stream } from '../stream.ts';
import type { ClientConnection, ResponseHandler } from '../upstream/client-connection.ts';
import { codeCounters, countCode } from '../upstream/cluster-stats.ts';
import type { ConnectionPool, PoolWaiter } from '../upstream/pool.ts';
import type { ClusterPools } from '../upstream/pools.ts';

const heldLimit = 1024 * 1024;

/** Sends copies of the request where the route's mirror policies say; nobody waits for the answers. */
export function startMirrors(stream: Stream, action: ForwardAction, end: boolean): readonly MirrorRequest[] {
  const started: MirrorRequest[] = [];
  for (const mirror of action.mirrors) {
    const request = startMirror(stream, action, mirror, end);
    if (request !== undefined) started.push(request);
  }
  return started;
}

function startMirror(
  stream: Stream,
  action: ForwardAction,
  mirror: Mirror,
  end: boolean,
): MirrorRequest | undefined {
  const { deps, pools } = stream.manager;
  const chance =
    mirror.runtimeKey === ''
      ? mirror.fraction
      : deps.runtime.number(mirror.runtimeKey, mirror.fraction * 100) / 100;
  if (chance < 1 && deps.random.next() >= chance) return undefined;
  const name = mirror.cluster ?? stream.request.first(mirror.header ?? '');
  const cluster = name === undefined ? undefined : deps.clusters.get(name);
  if (cluster === undefined) return undefined;
  const host = cluster.chooseHost({ downstream: stream.info.connection });
  const clusterPools = pools.of(cluster);
  if (host === undefined || clusterPools.options.unsupported !== undefined) return undefined;
  const pool = pools.pool(clusterPools, host, action.priority);
  const request = new MirrorRequest(
    mirrorHeaders(stream, mirror),
    pool,
    clusterPools,
    end,
    stream.requestLength,
  );
  const timeout = action.timeout;
  if (timeout > 0) request.cancelTimeout = deps.clock.after(timeout, () => request.abandon());
  pool.acquire(request);
  return request;
}

function mirrorHeaders(stream: Stream, mirror: Mirror): RequestHeaders {
  const headers = stream.request.copy();
  const host =
    mirror.hostRewrite ?? (mirror.appendShadow ? withShadow(headers.authority ?? '') : headers.authority);
  headers.authority = host;
  headers.set('x-envoy-internal', 'true');
  headers.join('x-forwarded-for', stream.manager.deps.localAddress);
  if (mirror.request !== undefined) applyHeaderOps(mirror.request, headers, stream);
  return headers;
}

/** `host-shadow:port`. */
function withShadow(host: string): string {
  const match = /^(.*?)(:[0-9]+)?$/.exec(host)!;
  return `${match[1]}-shadow${match[2] ?? ''}`;
}

/** One copy on its way. */
export class MirrorRequest implements PoolWaiter, ResponseHandler {
  cancelTimeout: (() => void) | undefined = undefined;
  private readonly headers: RequestHeaders;
  private readonly pool: ConnectionPool;
  private readonly pools: ClusterPools;
  private connection: ClientConnection | undefined = undefined;
  private held: Buffer[] = [];
  private heldSize = 0;
  private trailers: TrailerList | undefined = undefined;
  private requestEnded: boolean;
  private readonly length: number;
  private done = false;

  constructor(
    headers: RequestHeaders,
    pool: ConnectionPool,
    pools: ClusterPools,
    end: boolean,
    length: number,
  ) {
    this.length = length;
    this.headers = headers;
    this.pool = pool;
    this.pools = pools;
    this.requestEnded = end;
  }

  onPoolReady(connection: ClientConnection): void {
    this.connection = connection;
    const { held, trailers } = this;
    const bare = held.length === 0 && trailers === undefined;
    connection.sendHead(this, this.headers, this.requestEnded && bare, false, this.length);
    held.forEach((data, index) => {
      connection.sendBody(data, this.requestEnded && trailers === undefined && index === held.length - 1);
    });
    if (trailers !== undefined) connection.sendTrailers(trailers);
    this.held = [];
  }

  onPoolFailure(): void {
    this.finish();
    this.count(503);
  }

  onBody(data: Buffer, end: boolean): void {
    this.requestEnded ||= end;
    if (this.done) return;
    if (this.connection !== undefined) {
      this.connection.sendBody(data, end);
      return;
    }
    this.held.push(data);
    this.heldSize += data.length;
    if (this.heldSize > heldLimit) this.abandon();
  }

  onTrailers(trailers: TrailerList): void {
    this.requestEnded = true;
    if (this.connection !== undefined) this.connection.sendTrailers(trailers);
    else this.trailers = trailers;
  }

  onResponseHead(head: ResponseHead): void {
    if (head.headers.status === 100) return;
    this.count(head.headers.status);
    if (head.body === 'none') this.finish();
  }

  onResponseBody(_data: Buffer, end: boolean): void {
    if (end) this.finish();
  }

  onResponseEnd(): void {
    this.finish();
  }

  onUpstreamReset(): void {
    this.finish();
  }

  onUpstreamFull(): void {}

  onUpstreamDrain(): void {}

  abandon(): void {
    if (this.done) return;
    this.finish();
    if (this.connection === undefined) this.pool.cancel(this);
    else this.connection.abandon();
  }

  private finish(): void {
    this.done = true;
    this.held = [];
    this.cancelTimeout?.();
  }

  private count(status: number): void {
    countCode(codeCounters(this.pools.cluster, this.pools.stats, ''), status);
    countCode(codeCounters(this.pools.cluster, this.pools.stats, 'internal'), status);
  }
}
