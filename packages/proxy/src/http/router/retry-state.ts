import type { HeaderTest } from '../../route/header-match.ts';
import { parseGrpcRetryOn, parseHttpRetryOn, RetryOn, type RetryPolicy } from '../../route/retry-policy.ts';
import type { ResourceManager } from '../../upstream/types.ts';
import type { RequestHeaders, ResponseHeaders } from '../header-list.ts';
import type { HttpDependencies } from '../types.ts';
import type { ClusterHttpStats } from '../upstream/cluster-stats.ts';
import type { ResetReason } from '../upstream/reset-reason.ts';
import { wholeNumber } from './timeouts.ts';

const requestNames =
  `x-envoy-retry-on x-envoy-retry-grpc-on x-envoy-max-retries x-envoy-retriable-header-names
x-envoy-retriable-status-codes x-envoy-hedge-on-per-try-timeout`.split(/\s+/);

export type RetryVerdict = 'no' | 'yes' | 'limit' | 'overflow';

/** Decides about retries of one request and waits between them. */
export class RetryState {
  private readonly on: number;
  private readonly policy: RetryPolicy;
  private readonly statusCodes: readonly number[];
  private readonly headers: readonly HeaderTest[];
  private readonly resources: ResourceManager;
  private readonly stats: ClusterHttpStats;
  private readonly deps: HttpDependencies;
  private left: number;
  private interval: number;
  private holdsSlot = false;
  private retried = false;
  private cancelTimer: (() => void) | undefined;

  constructor(
    on: number,
    policy: RetryPolicy,
    request: RequestHeaders,
    resources: ResourceManager,
    stats: ClusterHttpStats,
    deps: HttpDependencies,
  ) {
    this.on = on;
    this.policy = policy;
    this.resources = resources;
    this.stats = stats;
    this.deps = deps;
    this.interval = policy.baseInterval;
    this.left = wholeNumber(request.first('x-envoy-max-retries') ?? '') ?? policy.retries;
    this.statusCodes = withCodes(policy.statusCodes, request.first('x-envoy-retriable-status-codes'));
    this.headers = headerTests(policy.headers, request.first('x-envoy-retriable-header-names'));
  }

  onResponse(response: ResponseHeaders, callback: () => void): RetryVerdict {
    return this.decide(this.wantsResponse(response), response, callback);
  }

  onReset(reason: ResetReason, sent: boolean, callback: () => void): RetryVerdict {
    return this.decide(this.wantsReset(reason, sent), undefined, callback);
  }

  /** The request is over: gives back what is held. */
  stop(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.releaseSlot();
  }

  private releaseSlot(): void {
    if (!this.holdsSlot) return;
    this.holdsSlot = false;
    this.resources.releaseRetry();
  }

  private wantsResponse(response: ResponseHeaders): boolean {
    const { on } = this;
    const { status } = response;
    if (response.first('x-envoy-ratelimited') !== undefined) return (on & RetryOn.envoyRateLimited) !== 0;
    if (on & RetryOn.fiveXx && status >= 500 && status < 600) return true;
    if (on & RetryOn.gatewayError && status >= 502 && status <= 504) return true;
    if (on & RetryOn.retriable4xx && status === 409) return true;
    if (on & RetryOn.retriableStatusCodes && this.statusCodes.includes(status)) return true;
    if (on & RetryOn.retriableHeaders && this.headers.some((test) => test(response))) return true;
    return (on & grpcBits) !== 0 && this.wantsGrpc(response.first('grpc-status'));
  }

  private wantsGrpc(status: string | undefined): boolean {
    const bit = grpcBit[status ?? ''];
    return bit !== undefined && (this.on & bit) !== 0;
  }

  private wantsReset(reason: ResetReason, sent: boolean): boolean {
    const { on } = this;
    if (reason === 'overflow') return false;
    if (on & (RetryOn.reset | RetryOn.fiveXx | RetryOn.gatewayError)) return true;
    if (on & RetryOn.resetBeforeRequest && !sent) return true;
    return (on & RetryOn.connectFailure) !== 0 && connectFailures.has(reason);
  }

  private decide(wanted: boolean, response: ResponseHeaders | undefined, callback: () => void): RetryVerdict {
    if (this.retried && !wanted) this.stats.rqRetrySuccess.inc();
    this.releaseSlot();
    this.retried = false;
    if (!wanted) return 'no';
    if (this.left === 0) {
      this.stats.rqRetryLimitExceeded.inc();
      return 'limit';
    }
    this.left--;
    if (!this.resources.tryRetry()) {
      return 'overflow';
    }
    this.holdsSlot = true;
    this.retried = true;
    this.stats.rqRetry.inc();
    this.cancelTimer = this.deps.clock.after(this.nextDelay(response), callback);
    return 'yes';
  }

  private nextDelay(response: ResponseHeaders | undefined): number {
    const limited = response === undefined ? undefined : this.rateLimitedDelay(response);
    if (limited !== undefined) {
      this.stats.rqRetryBackoffRatelimited.inc();
      return limited + this.deps.random.next() * limited * 0.5;
    }
    this.stats.rqRetryBackoffExponential.inc();
    const delay = Math.floor(this.deps.random.next() * this.interval);
    this.interval = Math.min(this.interval * 2, this.policy.maxInterval);
    return delay;
  }

  private rateLimitedDelay(response: ResponseHeaders): number | undefined {
    const { rateLimited } = this.policy;
    for (const header of rateLimited?.headers ?? []) {
      const value = wholeNumber(response.first(header.name) ?? '');
      if (value === undefined) continue;
      const delay = header.format === 'SECONDS' ? value * 1000 : value * 1000 - this.deps.clock.now();
      if (delay >= 0 && delay <= rateLimited!.maxInterval) return delay;
    }
    return undefined;
  }
}

const grpcBit: Readonly<Record<string, number>> = {
  '1': RetryOn.grpcCancelled,
  '4': RetryOn.grpcDeadlineExceeded,
  '8': RetryOn.grpcResourceExhausted,
  '13': RetryOn.grpcInternal,
  '14': RetryOn.grpcUnavailable,
};

const grpcBits =
  RetryOn.grpcCancelled |
  RetryOn.grpcDeadlineExceeded |
  RetryOn.grpcResourceExhausted |
  RetryOn.grpcInternal |
  RetryOn.grpcUnavailable;

const connectFailures: ReadonlySet<ResetReason> = new Set([
  'remote connection failure',
  'local connection failure',
  'connection timeout',
]);

/** What is retried, from the policy and from the request's headers; 0 is nothing. */
export function retryConditions(policy: RetryPolicy, request: RequestHeaders): number {
  let on = policy.on;
  const asked = request.first('x-envoy-retry-on');
  if (asked !== undefined) on |= parseHttpRetryOn(asked);
  const grpc = request.first('x-envoy-retry-grpc-on');
  if (grpc !== undefined) on |= parseGrpcRetryOn(grpc);
  if (on !== 0 && policy.requestHeaders.length > 0 && !policy.requestHeaders.some((test) => test(request)))
    return 0;
  return on;
}

/** Takes away the headers by which a client spoke to the router. */
export function removeRetryHeaders(request: RequestHeaders): void {
  for (const name of requestNames) request.remove(name);
}

function withCodes(codes: readonly number[], header: string | undefined): readonly number[] {
  if (header === undefined) return codes;
  const more = header.split(',').flatMap((part) => wholeNumber(part.trim()) ?? []);
  return [...codes, ...more];
}

function headerTests(tests: readonly HeaderTest[], header: string | undefined): readonly HeaderTest[] {
  if (header === undefined) return tests;
  return header.split(',').map((part) => {
    const name = part.trim().toLowerCase();
    return (headers) => headers.first(name) !== undefined;
  });
}
