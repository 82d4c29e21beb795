import type { Buffer } from 'node:buffer';
import { compileHeaderMatches, type HeaderTest } from '../../route/header-match.ts';
import { responseFlag } from '../../telemetry/response-flags.ts';
import type { Counter, Gauge } from '../../telemetry/stats.ts';
import { duration, fraction, join, refuseUnknown } from '../config/values.ts';
import type { ResponseHeaders } from '../header-list.ts';
import type { Stream } from '../stream.ts';
import type { HttpDependencies, Message } from '../types.ts';
import type { FilterKind, FilterStatus, HttpFilter, RouteFilterCompilation } from './filter.ts';

interface FaultSettings {
  readonly delay: { readonly fixed: number | undefined; readonly chance: number } | undefined;
  readonly abort:
    | {
        readonly http: number | undefined;
        readonly grpc: number | undefined;
        readonly byHeader: boolean;
        readonly chance: number;
      }
    | undefined;
  readonly rate: { readonly kbps: number | undefined; readonly chance: number } | undefined;
  readonly headers: readonly HeaderTest[];
  readonly upstreamCluster: string;
  readonly nodes: readonly string[];
  readonly maxActive: number;
  readonly delayKey: string;
  readonly abortKey: string;
  readonly delayDurationKey: string;
  readonly httpStatusKey: string;
}

interface FaultStats {
  readonly delays: Counter;
  readonly aborts: Counter;
  readonly rateLimits: Counter;
  readonly overflow: Counter;
  readonly active: Gauge;
}

const supported: ReadonlySet<string> = new Set(
  `delay abort upstreamCluster headers downstreamNodes maxActiveFaults responseRateLimit delayPercentRuntime
abortPercentRuntime delayDurationRuntime abortHttpStatusRuntime maxActiveFaultsRuntime responseRateLimitPercentRuntime
abortGrpcStatusRuntime disableDownstreamClusterStats filterMetadata`.split(/\s+/),
);

function compileFault(
  config: Message,
  path: string,
  compilation: Pick<RouteFilterCompilation, 'problems'>,
): FaultSettings {
  const { problems } = compilation;
  refuseUnknown(config, supported, path, problems);
  const { delay, abort } = config;
  return {
    delay: delay && {
      fixed: delay.headerDelay === undefined ? duration(delay.fixedDelay ?? '0s') : undefined,
      chance: fraction(delay.percentage),
    },
    abort: abort && {
      http: abort.httpStatus,
      grpc: abort.grpcStatus,
      byHeader: abort.headerAbort !== undefined,
      chance: fraction(abort.percentage),
    },
    rate: config.responseRateLimit && {
      kbps: config.responseRateLimit.fixedLimit
        ? Number(config.responseRateLimit.fixedLimit.limitKbps)
        : undefined,
      chance: fraction(config.responseRateLimit.percentage),
    },
    headers: compileHeaderMatches(config.headers ?? [], join(path, 'headers'), problems),
    upstreamCluster: config.upstreamCluster ?? '',
    nodes: config.downstreamNodes ?? [],
    maxActive: config.maxActiveFaults ?? Number.POSITIVE_INFINITY,
    delayKey: config.delayPercentRuntime || 'fault.http.delay.fixed_delay_percent',
    abortKey: config.abortPercentRuntime || 'fault.http.abort.abort_percent',
    delayDurationKey: config.delayDurationRuntime || 'fault.http.delay.fixed_duration_ms',
    httpStatusKey: config.abortHttpStatusRuntime || 'fault.http.abort.http_status',
  };
}

export const faultKind: FilterKind = {
  types: ['envoy.extensions.filters.http.fault.v3.HTTPFault'],
  compile(config, path, environment) {
    const own = compileFault(config, path, environment);
    const { stats, deps } = environment;
    const counters: FaultStats = {
      delays: stats.counter('fault.delays_injected'),
      aborts: stats.counter('fault.aborts_injected'),
      rateLimits: stats.counter('fault.response_rl_injected'),
      overflow: stats.counter('fault.faults_overflow'),
      active: stats.gauge('fault.active_faults'),
    };
    return (_stream, perRoute) => {
      const settings = (perRoute as FaultSettings | undefined) ?? own;
      if (!settings.delay && !settings.abort && !settings.rate) return undefined;
      return new FaultFilter(settings, counters, deps);
    };
  },
  routeTypes: ['envoy.extensions.filters.http.fault.v3.HTTPFault'],
  compileRoute: compileFault,
};

class FaultFilter implements HttpFilter {
  private readonly settings: FaultSettings;
  private readonly stats: FaultStats;
  private readonly deps: HttpDependencies;
  private active = false;
  private cancelDelay: (() => void) | undefined;
  private bucket: RateLimiter | undefined;

  constructor(settings: FaultSettings, stats: FaultStats, deps: HttpDependencies) {
    this.settings = settings;
    this.stats = stats;
    this.deps = deps;
  }

  onRequestHeaders(stream: Stream): FilterStatus {
    if (!this.applies(stream)) return 'continue';
    this.setUpRateLimit(stream);
    const delay = this.delayOf(stream);
    if (delay !== undefined && this.tryActivate()) {
      this.stats.delays.inc();
      stream.info.responseFlags |= responseFlag.DI;
      this.cancelDelay = this.deps.clock.after(delay, () => {
        this.cancelDelay = undefined;
        this.deactivate();
        if (!this.abort(stream)) stream.continueRequest();
      });
      return 'stop';
    }
    return this.abort(stream) ? 'stop' : 'continue';
  }

  private applies(stream: Stream): boolean {
    const { upstreamCluster, headers, nodes } = this.settings;
    if (upstreamCluster !== '' && stream.clusterName() !== upstreamCluster) return false;
    for (const test of headers) if (!test(stream.request)) return false;
    return (
      nodes.length === 0 || nodes.includes(stream.request.first('x-envoy-downstream-service-node') ?? '')
    );
  }

  private happens(key: string, chance: number): boolean {
    const value = this.deps.runtime.number(key, chance * 100) / 100;
    return value >= 1 || (value > 0 && this.deps.random.next() < value);
  }

  private delayOf(stream: Stream): number | undefined {
    const { delay } = this.settings;
    if (!delay) return undefined;
    const chance =
      delay.fixed === undefined
        ? headerChance(stream, 'x-envoy-fault-delay-request-percentage', delay.chance)
        : delay.chance;
    if (!this.happens(this.settings.delayKey, chance)) return undefined;
    const time = delay.fixed ?? headerNumber(stream, 'x-envoy-fault-delay-request');
    if (time === undefined) return undefined;
    const ms = this.deps.runtime.number(this.settings.delayDurationKey, time);
    return ms > 0 ? ms : undefined;
  }

  private tryActivate(): boolean {
    if (this.stats.active.value >= this.settings.maxActive) {
      this.stats.overflow.inc();
      return false;
    }
    this.active = true;
    this.stats.active.inc();
    return true;
  }

  private deactivate(): void {
    if (!this.active) return;
    this.active = false;
    this.stats.active.dec();
  }

  private abort(stream: Stream): boolean {
    const { abort } = this.settings;
    if (!abort) return false;
    let { http, grpc } = abort;
    let { chance } = abort;
    if (abort.byHeader) {
      const status = headerNumber(stream, 'x-envoy-fault-abort-request');
      http = status !== undefined && status >= 200 && status < 600 ? status : undefined;
      grpc = http === undefined ? headerNumber(stream, 'x-envoy-fault-abort-grpc-request') : undefined;
      chance = headerChance(stream, 'x-envoy-fault-abort-request-percentage', chance);
    }
    if (http === undefined && grpc === undefined) return false;
    if (!this.happens(this.settings.abortKey, chance) || !this.tryActivate()) return false;
    this.stats.aborts.inc();
    stream.info.responseFlags |= responseFlag.FI;
    const status = grpc === undefined ? this.deps.runtime.number(this.settings.httpStatusKey, http!) : 200;
    stream.sendLocalReply(status, 'fault filter abort', 'fault_filter_abort', undefined, grpc);
    return true;
  }

  private setUpRateLimit(stream: Stream): void {
    const { rate } = this.settings;
    if (!rate) return;
    const kbps = rate.kbps ?? headerNumber(stream, 'x-envoy-fault-throughput-response');
    const chance =
      rate.kbps === undefined
        ? headerChance(stream, 'x-envoy-fault-throughput-response-percentage', rate.chance)
        : rate.chance;
    if (!kbps || !this.happens('fault.http.rate_limit.response_percent', chance)) return;
    if (!this.tryActivate()) return;
    this.stats.rateLimits.inc();
    this.bucket = new RateLimiter(kbps * 1024, this.deps);
  }

  onResponseHeaders(_stream: Stream, _headers: ResponseHeaders): void {}

  onResponseBody(stream: Stream, data: Buffer, end: boolean): Buffer | undefined {
    if (this.bucket === undefined) return data;
    this.bucket.push(stream, this, data, end);
    return undefined;
  }

  onDestroy(): void {
    this.cancelDelay?.();
    this.bucket?.stop();
    this.deactivate();
  }
}

const tick = 50;

/** Lets bytes through at a steady rate, one part of a second's worth at a time. */
class RateLimiter {
  private readonly perTick: number;
  private readonly deps: HttpDependencies;
  private readonly queue: Buffer[] = [];
  private ended = false;
  private cancel: (() => void) | undefined;
  private tokens: number;

  constructor(bytesPerSecond: number, deps: HttpDependencies) {
    this.perTick = Math.max(1, Math.floor((bytesPerSecond * tick) / 1000));
    this.tokens = this.perTick;
    this.deps = deps;
  }

  push(stream: Stream, filter: HttpFilter, data: Buffer, end: boolean): void {
    if (data.length > 0) this.queue.push(data);
    this.ended ||= end;
    if (this.cancel === undefined) this.drain(stream, filter);
  }

  stop(): void {
    this.cancel?.();
  }

  private drain(stream: Stream, filter: HttpFilter): void {
    while (this.tokens > 0 && this.queue.length > 0) {
      const first = this.queue[0]!;
      const piece = first.subarray(0, this.tokens);
      this.tokens -= piece.length;
      if (piece.length === first.length) this.queue.shift();
      else this.queue[0] = first.subarray(piece.length);
      stream.sendFilteredBody(filter, piece, this.ended && this.queue.length === 0);
    }
    const finished = this.queue.length === 0;
    if (finished && this.ended) return;
    this.cancel = this.deps.clock.after(tick, () => {
      this.cancel = undefined;
      this.tokens = this.perTick;
      if (this.queue.length > 0) this.drain(stream, filter);
    });
  }
}

function headerNumber(stream: Stream, name: string): number | undefined {
  const text = stream.request.first(name);
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** A percentage in a header can only lower the configured one. */
function headerChance(stream: Stream, name: string, configured: number): number {
  const wanted = headerNumber(stream, name);
  return wanted === undefined ? configured : Math.min(configured, wanted / 100);
}
