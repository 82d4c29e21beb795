import { Buffer } from 'node:buffer';
import { isGrpc } from '../../route/compile.ts';
import type { ForwardAction } from '../../route/types.ts';
import { responseFlag } from '../../telemetry/response-flags.ts';
import type { Cluster, Host } from '../../upstream/types.ts';
import type { ResponseHead } from '../codec/response-head.ts';
import type { RequestHeaders, ResponseHeaders, TrailerList } from '../header-list.ts';
import type { Stream } from '../stream.ts';
import type { ClientConnection } from '../upstream/client-connection.ts';
import { codeCounters, countCode } from '../upstream/cluster-stats.ts';
import type { ClusterPools } from '../upstream/pools.ts';
import type { ResetReason } from '../upstream/reset-reason.ts';
import { answerHere } from './answer-here.ts';
import { chooseHost } from './choose-host.ts';
import { chargeCode, chargeTime, type RouteCounters, routeCounters } from './code-stats.ts';
import { ConnectTunnel } from './connect-tunnel.ts';
import { answerFailedHandshake, isFailedHandshake } from './failed-handshake.ts';
import { failureOf } from './failure.ts';
import { followRedirect } from './internal-redirect.ts';
import { type MirrorRequest, startMirrors } from './mirror.ts';
import { prepareRequest } from './prepare-request.ts';
import { RequestBuffer } from './request-buffer.ts';
import { RetryState, removeRetryHeaders, retryConditions } from './retry-state.ts';
import { readTimeouts, type Timeouts, writeTimeoutHeaders } from './timeouts.ts';
import { UpstreamRequest } from './upstream-request.ts';

/** The end of every chain: finds the cluster and a host, sends the request, retries, brings back the answer. */
export class Router {
  readonly stream: Stream;
  /** The request as it is sent upstream. */
  outgoing: RequestHeaders;
  private action!: ForwardAction;
  private cluster!: Cluster;
  private pools!: ClusterPools;
  private timeouts!: Timeouts;
  private retry: RetryState | undefined = undefined;
  private attempt: UpstreamRequest | undefined = undefined;
  private buffer: RequestBuffer | undefined = undefined;
  private tried: Host[] | undefined = undefined;
  private hash: bigint | undefined = undefined;
  private retried = false;
  private upstreamPaused = false;
  private altTimeoutCode = 504;
  private requestEnded = false;
  private routeCounters: readonly RouteCounters[] = [];
  private altPrefix: string | undefined = undefined;
  private mirrors: readonly MirrorRequest[] | undefined = undefined;
  private sawContinue = false;
  private tunnel: ConnectTunnel | undefined = undefined;

  constructor(stream: Stream) {
    this.stream = stream;
    this.outgoing = stream.request;
  }

  get perTryIdle(): number {
    return this.timeouts.perTryIdle;
  }

  /** The request's head has passed all filters. */
  start(end: boolean): void {
    const { stream } = this;
    const { stats } = stream.manager;
    stats.routerTotal.value++;
    this.requestEnded = end;
    const action = stream.match?.route.action;
    if (action?.kind === 'forward') this.forward(action, end);
    else answerHere(stream);
  }

  private forward(action: ForwardAction, end: boolean): void {
    const { stream } = this;
    const { manager, request, info } = stream;
    this.action = action;
    const cluster = manager.deps.clusters.get(stream.clusterName());
    if (cluster === undefined) {
      manager.stats.noCluster.inc();
      info.responseFlags |= responseFlag.NC;
      stream.sendLocalReply(action.clusterNotFoundCode, '', 'cluster_not_found');
      return;
    }
    this.cluster = cluster;
    this.pools = manager.pools.of(cluster);
    info.upstreamCluster = cluster.name;
    if (cluster.maintenanceMode) {
      this.pools.stats.rqMaintenanceMode.inc();
      info.responseFlags |= responseFlag.UO;
      this.routeCounters = routeCounters(stream);
      this.charge(503);
      stream.sendLocalReply(503, 'maintenance mode', 'maintenance_mode', (headers) =>
        this.addOverloaded(headers),
      );
      return;
    }
    if (action.hash !== undefined) {
      this.hash = action.hash(request, info.connection, (cookie) => stream.addCookie(cookie));
    }
    this.routeCounters = routeCounters(stream);
    this.altPrefix = request.first('x-envoy-upstream-alt-stat-name');
    if (this.altPrefix !== undefined) request.remove('x-envoy-upstream-alt-stat-name');
    const grpc = isGrpc(request.first('content-type'));
    this.timeouts = readTimeouts(
      action,
      request,
      grpc,
      manager.router.respectExpected,
      this.pools.options.maxStreamDuration,
    );
    if (stream.internal && request.remove('x-envoy-upstream-rq-timeout-alt-response'))
      this.altTimeoutCode = 204;
    const host = this.chooseHost();
    if (host === undefined) {
      this.noHealthyUpstream();
      return;
    }
    const on = retryConditions(action.retry, request);
    if (on !== 0) {
      this.retry = new RetryState(
        on,
        action.retry,
        request,
        cluster.resources(action.priority),
        this.pools.stats,
        manager.deps,
      );
    }
    removeRetryHeaders(request);
    info.attemptCount = 1;
    writeTimeoutHeaders(this.timeouts, request, 0, !manager.router.suppressEnvoyHeaders);
    prepareRequest(stream, action, host);
    if (!end && this.retry !== undefined) this.buffer = new RequestBuffer();
    const terminates = request.method === 'CONNECT' && action.upgrades.get('connect')?.connect !== undefined;
    if (terminates) this.tunnel = new ConnectTunnel(this, stream, cluster, host);
    else this.startAttempt(host);
    if (action.mirrors.length > 0 && !stream.done) this.mirrors = startMirrors(stream, action, end);
    if (end) this.onRequestComplete();
  }

  private chooseHost(): Host | undefined {
    return chooseHost(this.stream, this.action, this.cluster, this.hash, this.tried);
  }

  private charge(status: number, canary = false): void {
    const extra = { canary, altPrefix: this.altPrefix, route: this.routeCounters };
    chargeCode(this.stream, this.cluster, this.pools.stats, status, extra);
  }

  private noHealthyUpstream(): void {
    this.pools.stats.cxNoneHealthy.inc();
    this.stream.info.responseFlags |= responseFlag.UH;
    this.charge(503);
    this.stream.sendLocalReply(503, 'no healthy upstream', 'no_healthy_upstream');
  }

  private startAttempt(host: Host): void {
    const { info } = this.stream;
    info.upstreamHost = host;
    if (this.tried === undefined) this.tried = [host];
    else this.tried.push(host);
    const pool = this.stream.manager.pools.pool(this.pools, host, this.action.priority);
    const attempt = new UpstreamRequest(this, host, pool);
    this.attempt = attempt;
    if (this.pools.options.unsupported !== undefined) {
      attempt.onPoolFailure('local connection failure', this.pools.options.unsupported.replaceAll(' ', '_'));
      return;
    }
    attempt.start();
  }

  /** A connection is there: everything that has come of the request goes out. */
  onAttached(attempt: UpstreamRequest, connection: ClientConnection): void {
    const { info } = this.stream;
    info.upstreamLocalAddress = connection.local;
    attempt.sentAt = this.stream.elapsed();
    info.firstUpstreamTxByte = attempt.sentAt;
    this.cluster.report(attempt.host, { kind: 'local-origin-success' });
    for (const counters of this.routeCounters) counters.total.inc();
    if (this.timeouts.maxDuration > 0) attempt.armDuration(this.timeouts.maxDuration);
    const { buffer } = this;
    const empty = buffer === undefined || (buffer.isEmpty && buffer.trailers === undefined);
    attempt.sendHead(this.requestEnded && empty);
    if (!empty) {
      buffer!.replay(attempt, this.requestEnded);
      if (this.retry === undefined) this.buffer = undefined;
    }
    if (this.requestEnded) {
      info.lastUpstreamTxByte = attempt.sentAt;
      attempt.armPerTry(this.timeouts.perTry, this.timeouts.perTryIdle);
    }
    if (this.upstreamPaused) connection.pauseReading();
  }

  onBody(data: Buffer, end: boolean): void {
    this.requestEnded ||= end;
    if (this.mirrors !== undefined) for (const mirror of this.mirrors) mirror.onBody(data, end);
    if (this.tunnel !== undefined) {
      this.tunnel.write(data, end);
      return;
    }
    const { attempt } = this;
    if (this.buffer === undefined && attempt?.attached !== true && !this.stream.responseStarted)
      this.buffer = new RequestBuffer();
    if (this.buffer !== undefined && !this.buffer.add(data)) {
      // Too much to be sent again: the request goes on without retries.
      if (attempt?.attached) this.buffer = undefined;
      else this.stream.writer.pauseReading();
      this.retry?.stop();
      this.retry = undefined;
    }
    if (attempt?.attached && !attempt.ended) attempt.sendBody(data, end);
    if (end) this.onRequestComplete();
  }

  onTrailers(trailers: TrailerList): void {
    this.requestEnded = true;
    if (this.mirrors !== undefined) for (const mirror of this.mirrors) mirror.onTrailers(trailers);
    if (this.buffer !== undefined) this.buffer.trailers = trailers;
    const { attempt } = this;
    if (attempt?.attached && !attempt.ended) attempt.sendTrailers(trailers);
    this.onRequestComplete();
  }

  private onRequestComplete(): void {
    if (this.stream.done || this.action === undefined || this.timeouts === undefined) return;
    if (this.timeouts.global > 0) this.stream.writer.armResponse(this.timeouts.global);
    const { attempt } = this;
    if (!attempt?.attached || attempt.ended) return;
    this.stream.info.lastUpstreamTxByte = this.stream.elapsed();
    attempt.armPerTry(this.timeouts.perTry, this.timeouts.perTryIdle);
  }

  onContinue(): void {
    this.sawContinue = true;
    if (this.stream.manager.settings.proxy100Continue && !this.stream.responseStarted)
      this.stream.writer.sendContinue();
  }

  onHeaders(attempt: UpstreamRequest, head: ResponseHead, end: boolean): void {
    if (attempt !== this.attempt) return;
    const { stream } = this;
    const { info } = stream;
    const { headers } = head;
    const now = stream.elapsed();
    info.firstUpstreamRxByte = now;
    this.cluster.report(attempt.host, { kind: 'response', status: headers.status });
    if (this.retry !== undefined) {
      const verdict = this.retry.onResponse(headers, () => this.again());
      if (verdict === 'yes') {
        this.countRetried(attempt, headers.status);
        this.attempt = undefined;
        if (!end) attempt.abandon();
        return;
      }
      if (verdict === 'limit') info.responseFlags |= responseFlag.URX;
      else if (verdict === 'overflow') info.responseFlags |= responseFlag.UO;
    }
    if (this.redirectsInternally(attempt, headers, end)) return;
    if (isFailedHandshake(stream, headers.status)) {
      if (!end) attempt.abandon();
      this.attempt = undefined;
      this.charge(headers.status);
      answerFailedHandshake(stream, headers);
      return;
    }
    this.finishHead(attempt, headers, now);
    this.charge(headers.status, headers.first('x-envoy-upstream-canary') === 'true');
    info.responseCodeDetails = 'via_upstream';
    info.responseCode = headers.status;
    stream.applyResponseOps(headers);
    if (end) this.onUpstreamComplete(attempt);
    stream.sendHeaders(headers, end);
  }

  /** Follows a redirect of the upstream itself where the route says so; only requests without a body can be. */
  private redirectsInternally(attempt: UpstreamRequest, headers: ResponseHeaders, end: boolean): boolean {
    const policy = this.action.internalRedirect;
    const { stream } = this;
    if (policy === undefined || !policy.codes.includes(headers.status)) return false;
    const bare = this.requestEnded && stream.info.bytesReceived === 0;
    if (!bare || !followRedirect(policy, stream.request, headers, stream.redirects)) {
      this.pools.stats.internalRedirectFailed.inc();
      return false;
    }
    this.pools.stats.internalRedirectSucceeded.inc();
    this.attempt = undefined;
    if (!end) attempt.abandon();
    stream.writer.disarmResponse();
    stream.restart(headers.status);
    return true;
  }

  private finishHead(attempt: UpstreamRequest, headers: ResponseHeaders, now: number): void {
    const { stream } = this;
    if (!stream.manager.router.suppressEnvoyHeaders && this.requestEnded) {
      const since = Math.max(attempt.sentAt, stream.info.lastDownstreamRxByte ?? 0);
      headers.set('x-envoy-upstream-service-time', String(Math.trunc(Math.max(0, now - since))));
    }
    if (stream.match!.route.virtualHost.includeAttemptCountInResponse) {
      headers.set('x-envoy-attempt-count', String(stream.info.attemptCount));
    }
  }

  onData(attempt: UpstreamRequest, data: Buffer, end: boolean): void {
    if (attempt !== this.attempt) return;
    if (end) this.onUpstreamComplete(attempt);
    this.stream.sendBody(data, end);
  }

  onEnd(attempt: UpstreamRequest, trailers: TrailerList | undefined): void {
    if (attempt !== this.attempt) return;
    this.onUpstreamComplete(attempt);
    if (trailers === undefined || !this.stream.manager.settings.enableTrailers)
      this.stream.sendBody(noBytes, true);
    else this.stream.sendTrailers(trailers);
  }

  private onUpstreamComplete(attempt: UpstreamRequest): void {
    const { stream } = this;
    const now = stream.elapsed();
    stream.info.lastUpstreamRxByte = now;
    stream.writer.disarmResponse();
    chargeTime(stream, this.cluster, this.pools.stats, now - attempt.sentAt);
  }

  onReset(attempt: UpstreamRequest, reason: ResetReason, details: string): void {
    if (attempt !== this.attempt) return;
    const { stream } = this;
    const { info } = stream;
    if (reason !== 'overflow') {
      const kind = reason === 'connection timeout' ? 'timeout' : attempt.sent ? 'reset' : 'connect-failed';
      this.cluster.report(attempt.host, { kind: 'local-origin-failure', reason: kind });
    }
    if (!attempt.attached && details !== '') info.upstreamTransportFailureReason = details;
    if (this.tryRetry(attempt, reason)) return;
    const failure = failureOf(
      reason,
      attempt.attached ? '' : details,
      this.retried,
      stream.responseStarted || this.sawContinue,
    );
    info.responseFlags |= failure.flag;
    if (reason === 'connection termination' && attempt.sent) this.pools.stats.rqPendingFailureEject.inc();
    if (stream.responseStarted) {
      stream.manager.stats.resetAfterStart.inc();
      info.responseCodeDetails = failure.details;
      stream.resetDownstream();
      return;
    }
    this.charge(failure.status);
    stream.sendLocalReply(failure.status, failure.body, failure.details, (headers) => {
      if (reason === 'overflow') this.addOverloaded(headers);
      this.addAttemptCount(headers);
    });
  }

  /** The TCP connection behind a CONNECT could not be made. */
  onTunnelFailed(reason: ResetReason, details: string): void {
    const failure = failureOf(reason, details, false, false);
    this.stream.info.responseFlags |= failure.flag;
    this.stream.info.upstreamTransportFailureReason = details;
    this.charge(failure.status);
    this.stream.sendLocalReply(failure.status, failure.body, failure.details);
  }

  private tryRetry(attempt: UpstreamRequest, reason: ResetReason): boolean {
    if (this.retry === undefined || this.stream.responseStarted) return false;
    const verdict = this.retry.onReset(reason, attempt.sent, () => this.again());
    if (verdict === 'yes') {
      this.countRetried(attempt, undefined);
      this.attempt = undefined;
      return true;
    }
    if (verdict === 'limit') this.stream.info.responseFlags |= responseFlag.URX;
    else if (verdict === 'overflow') this.stream.info.responseFlags |= responseFlag.UO;
    return false;
  }

  private countRetried(_attempt: UpstreamRequest, status: number | undefined): void {
    this.retried = true;
    if (status !== undefined) countCode(codeCounters(this.cluster, this.pools.stats, 'retry'), status);
  }

  private addOverloaded(headers: ResponseHeaders): void {
    if (!this.stream.manager.router.suppressEnvoyHeaders) headers.set('x-envoy-overloaded', 'true');
  }

  private addAttemptCount(headers: ResponseHeaders): void {
    if (this.stream.match!.route.virtualHost.includeAttemptCountInResponse) {
      headers.set('x-envoy-attempt-count', String(this.stream.info.attemptCount));
    }
  }

  /** The next attempt, after the wait. */
  private again(): void {
    if (this.stream.done) return;
    const { stream } = this;
    stream.info.attemptCount++;
    const host = this.chooseHost();
    if (host === undefined) {
      this.noHealthyUpstream();
      return;
    }
    if (stream.match!.route.virtualHost.includeAttemptCount) {
      stream.request.set('x-envoy-attempt-count', String(stream.info.attemptCount));
    }
    const elapsed = stream.elapsed();
    writeTimeoutHeaders(this.timeouts, stream.request, elapsed, !stream.manager.router.suppressEnvoyHeaders);
    this.startAttempt(host);
  }

  onPerTryTimeout(attempt: UpstreamRequest, idle: boolean): void {
    if (attempt !== this.attempt || attempt.ended || this.stream.done) return;
    const { stats } = this.pools;
    (idle ? stats.rqPerTryIdleTimeout : stats.rqPerTryTimeout).inc();
    this.cluster.report(attempt.host, { kind: 'local-origin-failure', reason: 'timeout' });
    attempt.abandon();
    if (this.tryRetry(attempt, 'local reset')) return;
    this.timeOut(idle ? 'upstream_per_try_idle_timeout' : 'upstream_per_try_timeout');
  }

  onResponseTimeout(): void {
    if (this.stream.done || this.timeouts === undefined) return;
    this.pools.stats.rqTimeout.inc();
    for (const counters of this.routeCounters) counters.timeout.inc();
    const { attempt } = this;
    if (attempt !== undefined && !attempt.ended) {
      this.cluster.report(attempt.host, { kind: 'local-origin-failure', reason: 'timeout' });
      attempt.abandon();
    }
    this.timeOut('response_timeout');
  }

  /** An attempt has lasted as long as it may. */
  onMaxDuration(attempt: UpstreamRequest): void {
    if (attempt !== this.attempt || attempt.ended || this.stream.done) return;
    this.pools.stats.rqMaxDuration.inc();
    attempt.abandon();
    if (this.tryRetry(attempt, 'local reset')) return;
    this.timeOut(
      'upstream_max_stream_duration_reached',
      responseFlag.UMSDR,
      'upstream max stream duration reached',
    );
  }

  private timeOut(details: string, flag: number = responseFlag.UT, text = 'upstream request timeout'): void {
    const { stream } = this;
    this.attempt = undefined;
    this.retry?.stop();
    stream.info.responseFlags |= flag;
    if (stream.responseStarted) {
      stream.manager.stats.resetAfterStart.inc();
      stream.info.responseCodeDetails = details;
      stream.resetDownstream();
      return;
    }
    const status = this.altTimeoutCode;
    this.charge(status);
    const body = status === 204 ? '' : text;
    stream.sendLocalReply(status, body, details, (headers) => this.addAttemptCount(headers));
  }

  pauseUpstream(): void {
    this.upstreamPaused = true;
    this.attempt?.pause();
    this.tunnel?.pause();
  }

  resumeUpstream(): void {
    this.upstreamPaused = false;
    this.attempt?.resume();
    this.tunnel?.resume();
  }

  /** The answer is no longer wanted. */
  abandon(): void {
    const { attempt } = this;
    this.attempt = undefined;
    this.tunnel?.close();
    if (attempt === undefined) return;
    attempt.resume();
    attempt.abandon();
  }

  onStreamDone(): void {
    this.retry?.stop();
    if (this.upstreamPaused) this.resumeUpstream();
    this.tunnel?.close();
    this.buffer = undefined;
    const { attempt } = this;
    if (attempt !== undefined && !attempt.ended) this.abandon();
  }
}

const noBytes = Buffer.alloc(0);
