import type { Buffer } from 'node:buffer';
import { applyHeaderOps } from '../route/header-ops.ts';
import { findRoute } from '../route/index.ts';
import type { Match, MatchContext, RouteTable } from '../route/types.ts';
import { responseFlag } from '../telemetry/response-flags.ts';
import type { RequestHead } from './codec/request-head.ts';
import { countDownstreamCode } from './downstream-stats.ts';
import type { FilterStatus, HttpFilter } from './filters/filter.ts';
import { durationLimit } from './grpc.ts';
import type { RequestHeaders, ResponseHeaders, TrailerList } from './header-list.ts';
import { buildLocalReply } from './local-reply.ts';
import type { Manager } from './manager.ts';
import { checkTarget, normalizeHost, type Refusal } from './request-checks.ts';
import { mutateRequest } from './request-mutation.ts';
import { mutateResponse } from './response-mutation.ts';
import { Router } from './router/router.ts';
import { chainOf, clusterNameOf } from './stream-choice.ts';
import type { HttpStreamInfo } from './stream-info-impl.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { FormatContext } from './types.ts';

const bufferLimit = 1024 * 1024;

/** One request and its answer: runs the filters, writes the answer, keeps the record. */
export class Stream implements FormatContext, MatchContext {
  readonly manager: Manager;
  readonly writer: StreamWriter;
  readonly info: HttpStreamInfo;
  request!: RequestHeaders;
  response: ResponseHeaders | undefined = undefined;
  trailers: TrailerList | undefined = undefined;
  match: Match | undefined = undefined;
  upgrade: string | undefined = undefined;
  localReplyBody: string | undefined = undefined;
  requestComplete = false;
  /** Redirects that were followed for this request. */
  redirects = 0;
  /** Of the request's body as its head declared it; -1 when it did not. */
  requestLength = -1;
  responseStarted = false;
  responseComplete = false;
  done = false;
  /** `x-envoy-*` of the client count. */
  internal = false;
  private seen = false;
  private matched = false;
  private table: RouteTable | undefined = undefined;
  private randomValue = -1;
  private idleTimeout: number;
  private filters: HttpFilter[] | undefined = undefined;
  private nextFilter = 0;
  private stopped = false;
  private router: Router | undefined = undefined;
  private held: Buffer[] | undefined = undefined;
  private heldSize = 0;
  private heldTrailers: TrailerList | undefined = undefined;
  private cookies: string[] | undefined = undefined;

  constructor(manager: Manager, writer: StreamWriter, info: HttpStreamInfo) {
    this.manager = manager;
    this.writer = writer;
    this.info = info;
    this.idleTimeout = manager.settings.streamIdleTimeout;
    const { stats } = manager;
    stats.rqTotal.value++;
    stats.rqHttp1Total.value++;
    stats.rqActive.inc();
    if (manager.settings.requestTimeout > 0) writer.armRequest(manager.settings.requestTimeout);
  }

  get isTls(): boolean {
    return this.info.connection.transportProtocol === 'tls';
  }

  get dynamicMetadata(): HttpStreamInfo['dynamicMetadata'] {
    return this.info.dynamicMetadata;
  }

  random(): number {
    if (this.randomValue < 0) this.randomValue = this.manager.deps.random.next();
    return this.randomValue;
  }

  /** The head has come. `end` when the request has no body. */
  start(head: RequestHead, end: boolean): void {
    const { manager } = this;
    const { settings } = manager;
    this.request = head.headers;
    this.seen = true;
    this.upgrade = head.upgrade;
    this.requestLength = head.contentLength;
    this.requestComplete = end;
    this.touch();
    if (end) this.completeRequest();
    if (!head.http11) {
      this.info.protocol = 'HTTP/1.0';
      if (head.headers.authority === undefined && settings.defaultHostForHttp10 !== '') {
        head.headers.authority = settings.defaultHostForHttp10;
      }
    }
    if (head.expectsContinue && !settings.proxy100Continue) {
      head.headers.remove('expect');
      this.writer.sendContinue();
    }
    const refusal = checkTarget(head.headers, settings);
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    normalizeHost(head.headers, settings, this.info.connection.local.port);
    this.table = manager.currentTable();
    const internalOnly = this.table?.internalOnlyHeaders ?? [];
    const origin = mutateRequest(head.headers, this.info.connection, settings, manager.deps, internalOnly);
    if (origin.reject !== undefined) {
      this.refuse({ status: origin.reject, details: 'original_ip_detection_failed' });
      return;
    }
    this.applyOrigin(origin.remote, origin.internal);
    this.info.requestId = head.headers.first('x-request-id') ?? '';
    this.begin();
  }

  /** Ends here and begins anew with the request as it is now: it has been redirected by an answer of `status`. */
  restart(status: number): void {
    const next = this.writer.replaceStream();
    next.request = this.request;
    next.seen = true;
    next.requestComplete = true;
    next.upgrade = this.upgrade;
    next.requestLength = this.requestLength;
    next.redirects = this.redirects + 1;
    next.internal = this.internal;
    next.info.connection = this.info.connection;
    next.info.requestId = this.info.requestId;
    next.info.lastDownstreamRxByte = 0;
    this.info.responseCode = status;
    this.info.responseCodeDetails = 'internal_redirect';
    this.finish();
    next.begin();
  }

  private applyOrigin(remote: string, internal: boolean): void {
    this.internal = internal;
    const { connection } = this.info;
    if (remote !== connection.remote.address) {
      this.info.connection = { ...connection, remote: { address: remote, port: 0 } };
    }
  }

  private refuse(refusal: Refusal): void {
    if (refusal.details === 'absolute_path_rejected') this.manager.stats.rqNonRelativePath.inc();
    const { location } = refusal;
    this.sendLocalReply(
      refusal.status,
      '',
      refusal.details,
      location === undefined ? undefined : (headers) => headers.set('location', location),
    );
  }

  private begin(): void {
    this.resolveRoute();
    this.armStreamTimers();
    const chain = chainOf(this);
    if (chain === undefined) {
      this.manager.stats.rqUpgradeFailed.inc();
      this.sendLocalReply(403, '', 'upgrade_failed');
      return;
    }
    for (const filter of chain) {
      const own = this.perFilterConfig(filter.name);
      if (own === undefined ? filter.disabled : own.disabled) continue;
      const created = filter.create(this, own?.config);
      if (created === undefined) continue;
      if (this.filters === undefined) this.filters = [created];
      else this.filters.push(created);
    }
    this.runFilters();
  }

  /** Matches the route (again, when a filter has changed what routing looks at). */
  resolveRoute(): void {
    this.matched = true;
    this.match = undefined;
    const table = this.table ?? this.manager.currentTable();
    if (table === undefined) return;
    const found = findRoute(table, this.request, this);
    if (found === 'tls-redirect' || found === undefined) {
      this.tlsRedirect = found === 'tls-redirect';
      return;
    }
    this.match = found;
    const { route } = found;
    this.info.routeName = route.name;
    this.info.virtualHostName = route.virtualHost.name;
    this.info.routeMetadata = route.metadata;
    if (route.action.kind === 'forward') this.info.upstreamCluster = this.clusterName();
  }

  tlsRedirect = false;

  /** A filter has changed what routing looks at: the route is looked up again before the router runs. */
  clearRoute(): void {
    this.matched = false;
  }

  /** Name of the cluster that the route leads to; empty when it leads to none. */
  clusterName(): string {
    return this.match === undefined ? '' : clusterNameOf(this.match, this.request);
  }

  private armStreamTimers(): void {
    const { settings } = this.manager;
    const action = this.match?.route.action;
    const forward = action?.kind === 'forward' ? action : undefined;
    if (forward?.idleTimeout !== undefined) {
      this.idleTimeout = forward.idleTimeout;
      this.touch();
    }
    const duration = durationLimit(forward, this.request, settings.maxStreamDuration);
    if (duration !== undefined) this.writer.armDuration(duration);
  }

  /** Something has moved: the stream is not idle. */
  touch(): void {
    if (this.idleTimeout > 0) this.writer.armIdle(this.idleTimeout);
  }

  /** The route's (or the weighted cluster's) configuration of a filter, most specific level first. */
  perFilterConfig(name: string) {
    for (const level of this.levels()) {
      const found = level.perFilter?.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** All levels' configurations of a filter, from the most specific on. */
  perFilterConfigs(name: string): unknown[] {
    const found: unknown[] = [];
    for (const level of this.levels()) {
      const config = level.perFilter?.get(name)?.config;
      if (config !== undefined) found.push(config);
    }
    return found;
  }

  private levels() {
    return this.match?.weighted?.levels ?? this.match?.route.levels ?? [];
  }

  private runFilters(): void {
    const filters = this.filters;
    if (filters !== undefined) {
      while (this.nextFilter < filters.length) {
        const filter = filters[this.nextFilter++]!;
        const status: FilterStatus = filter.onRequestHeaders?.(this, this.requestComplete) ?? 'continue';
        if (this.done || this.responseStarted) return;
        if (status === 'stop') {
          this.stopped = true;
          return;
        }
      }
    }
    this.stopped = false;
    if (!this.matched) this.resolveRoute();
    this.router = new Router(this);
    const end = this.requestComplete && this.held === undefined && this.heldTrailers === undefined;
    this.router.start(end);
    this.releaseHeld();
  }

  /** Goes on behind the filter that stopped the request. */
  continueRequest(): void {
    if (this.done || this.responseStarted || !this.stopped) return;
    this.runFilters();
  }

  private releaseHeld(): void {
    const { held, heldTrailers, router } = this;
    if (held === undefined && heldTrailers === undefined) return;
    this.held = undefined;
    this.heldTrailers = undefined;
    this.heldSize = 0;
    held?.forEach((data, index) => {
      router!.onBody(data, this.requestComplete && heldTrailers === undefined && index === held.length - 1);
    });
    if (heldTrailers !== undefined) router!.onTrailers(heldTrailers);
    this.writer.resumeReading();
  }

  onRequestBody(data: Buffer, end: boolean): void {
    this.info.bytesReceived += data.length;
    this.touch();
    if (end) this.completeRequest();
    if (this.done || (this.responseStarted && this.router === undefined)) return;
    if (this.router !== undefined) {
      this.router.onBody(data, end);
      return;
    }
    if (this.held === undefined) this.held = [];
    this.held.push(data);
    this.heldSize += data.length;
    if (this.heldSize > bufferLimit) this.writer.pauseReading();
  }

  onRequestTrailers(trailers: TrailerList): void {
    this.touch();
    this.completeRequest();
    if (this.done) return;
    if (this.router !== undefined) this.router.onTrailers(trailers);
    else this.heldTrailers = trailers;
  }

  private completeRequest(): void {
    this.requestComplete = true;
    this.info.lastDownstreamRxByte = this.elapsed();
    this.writer.disarmRequest();
  }

  elapsed(): number {
    return this.manager.deps.clock.monotonic() - this.info.startedAt;
  }

  /** A `set-cookie` that the answer must carry. */
  addCookie(value: string): void {
    if (this.cookies === undefined) this.cookies = [];
    this.cookies.push(value);
  }

  /** Answers in the proxy's own name; resets the stream when an answer is under way already. */
  sendLocalReply(
    status: number,
    body: string | Buffer,
    details: string,
    modify?: (headers: ResponseHeaders) => void,
    grpcStatus?: number,
  ): void {
    if (this.done) return;
    this.info.responseCodeDetails = details.replaceAll(' ', '_');
    if (this.responseStarted) {
      this.resetDownstream();
      return;
    }
    if (status === 400 && !this.manager.settings.streamErrorOnInvalid) this.writer.closeAfterStream();
    const reply = buildLocalReply(this, status, body, modify, grpcStatus);
    this.localReplyBody = reply.text;
    const bodiless = reply.body === undefined || (this.seen && this.request.method === 'HEAD');
    this.sendHeaders(reply.headers, bodiless);
    if (!bodiless && !this.done) this.sendBody(reply.body!, true);
  }

  /** The head of the request has been read; before that `request` must not be looked at. */
  get hasRequest(): boolean {
    return this.seen;
  }

  /** Applies the route's response header mutations, weighted cluster first unless told otherwise. */
  applyResponseOps(headers: ResponseHeaders): void {
    this.response = headers;
    const levels = this.levels();
    const reverse = this.match?.route.table.mostSpecificWins === true;
    for (let i = 0; i < levels.length; i++) {
      const ops = levels[reverse ? levels.length - 1 - i : i]!.response;
      if (ops !== undefined) applyHeaderOps(ops, headers, this);
    }
  }

  applyRequestOps(): void {
    const levels = this.levels();
    const reverse = this.match?.route.table.mostSpecificWins === true;
    for (let i = 0; i < levels.length; i++) {
      const ops = levels[reverse ? levels.length - 1 - i : i]!.request;
      if (ops !== undefined) applyHeaderOps(ops, this.request, this);
    }
    this.request.remove('transfer-encoding');
  }

  /** Passes an answer's head through the filters to the client. */
  sendHeaders(headers: ResponseHeaders, end: boolean): void {
    this.responseStarted = true;
    this.response = headers;
    this.stopped = false;
    this.info.responseCode = headers.status;
    this.touch();
    if (this.cookies !== undefined) for (const cookie of this.cookies) headers.add('set-cookie', cookie);
    const filters = this.filters;
    if (filters !== undefined) {
      for (let i = filters.length - 1; i >= 0; i--) filters[i]!.onResponseHeaders?.(this, headers, end);
    }
    mutateResponse(this, headers, end);
    countDownstreamCode(this.manager.stats, headers.status);
    this.manager.countListenerCode(headers.status);
    if (
      !this.requestComplete &&
      !(this.upgrade !== undefined && headers.status === 101) &&
      !this.isConnected(headers)
    ) {
      this.writer.closeAfterStream();
      this.manager.stats.rqResponseBeforeComplete.inc();
    }
    this.writer.checkDrain();
    this.info.firstDownstreamTxByte ??= this.elapsed();
    this.writer.sendHeaders(headers, end);
    if (end) this.completeResponse();
  }

  private isConnected(headers: ResponseHeaders): boolean {
    return this.seen && this.request.method === 'CONNECT' && headers.status >= 200 && headers.status < 300;
  }

  sendBody(data: Buffer, end: boolean): void {
    if (this.done) return;
    const filters = this.filters;
    this.filterBody(filters === undefined ? -1 : filters.length - 1, data, end);
  }

  /** A filter hands on bytes that it had kept. */
  sendFilteredBody(filter: HttpFilter, data: Buffer, end: boolean): void {
    if (!this.done) this.filterBody(this.filters!.indexOf(filter) - 1, data, end);
  }

  private filterBody(from: number, data: Buffer, end: boolean): void {
    let bytes = data;
    for (let i = from; i >= 0; i--) {
      const filter = this.filters![i]!;
      if (filter.onResponseBody === undefined) continue;
      const next = filter.onResponseBody(this, bytes, end);
      if (next === undefined) return;
      bytes = next;
    }
    this.touch();
    this.info.bytesSent += bytes.length;
    this.writer.sendBody(bytes, end);
    if (end) this.completeResponse();
  }

  sendTrailers(trailers: TrailerList): void {
    if (this.done) return;
    this.trailers = trailers;
    this.writer.sendTrailers(trailers);
    this.completeResponse();
  }

  private completeResponse(): void {
    this.responseComplete = true;
    this.info.lastDownstreamTxByte = this.elapsed();
    if (!this.requestComplete) this.router?.abandon();
    this.finish();
  }

  /** Cuts the answer off: all that HTTP/1 can do when it has begun. */
  resetDownstream(): void {
    if (this.done) return;
    this.manager.stats.rqTxReset.inc();
    this.router?.abandon();
    this.finish();
    this.writer.resetStream();
  }

  /** The client is gone. */
  onDownstreamClosed(details: string): void {
    if (this.done) return;
    this.info.responseFlags |= responseFlag.DC;
    this.info.responseCodeDetails = details;
    this.manager.stats.rqRxReset.inc();
    this.router?.abandon();
    this.finish();
  }

  private finish(): void {
    if (this.done) return;
    this.done = true;
    const { manager, info } = this;
    info.completedAt = this.elapsed();
    if (this.filters !== undefined) for (const filter of this.filters) filter.onDestroy?.(this);
    this.router?.onStreamDone();
    manager.stats.rqActive.dec();
    if (this.responseStarted) manager.stats.rqTime.record(info.completedAt);
    manager.writeAccessLogs(
      this.seen ? this : { info, request: undefined, response: this.response, trailers: undefined },
    );
    this.writer.onStreamDone(this);
  }

  onResponseTimeout(): void {
    this.router?.onResponseTimeout();
  }

  /** The client takes no more for now, or takes again. */
  onWriteBlocked(): void {
    this.router?.pauseUpstream();
  }

  onWriteDrained(): void {
    this.router?.resumeUpstream();
  }
}
