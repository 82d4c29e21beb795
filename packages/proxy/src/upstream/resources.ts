import type { Counter, Gauge, StatsScope } from '../telemetry/stats.ts';
import type { ResourceManager } from './types.ts';

export interface ResourceLimits {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
  /** Set when retries are limited by a share of the traffic instead of a number. */
  readonly retryBudget: { readonly percent: number; readonly minimum: number } | undefined;
  readonly trackRemaining: boolean;
}

/** One counted resource; its gauges say whether it is exhausted and how much is left. */
class Resource {
  used = 0;
  private readonly limit: () => number;
  private readonly open: Gauge;
  private readonly remaining: Gauge | undefined;
  private readonly overflow: Counter | undefined;

  constructor(limit: () => number, open: Gauge, remaining: Gauge | undefined, overflow: Counter | undefined) {
    this.limit = limit;
    this.open = open;
    this.remaining = remaining;
    this.overflow = overflow;
    open.set(0);
    remaining?.set(limit());
  }

  try(): boolean {
    if (this.used >= this.limit()) {
      this.overflow?.inc();
      return false;
    }
    this.take();
    return true;
  }

  take(): void {
    this.used++;
    this.show();
  }

  release(): void {
    this.used--;
    this.show();
  }

  private show(): void {
    const limit = this.limit();
    this.open.set(this.used >= limit ? 1 : 0);
    this.remaining?.set(Math.max(0, limit - this.used));
  }
}

/** Circuit breakers of one priority of one cluster. */
export class CircuitBreakers implements ResourceManager {
  readonly limits: ResourceLimits;
  private readonly connections: Resource;
  private readonly pending: Resource;
  private readonly requests: Resource;
  private readonly retries: Resource;

  constructor(limits: ResourceLimits, priority: 'default' | 'high', cluster: StatsScope) {
    this.limits = limits;
    const scope = cluster.scope(`circuit_breakers.${priority}`);
    const make = (limit: () => number, name: string, overflow: string | undefined) =>
      new Resource(
        limit,
        scope.gauge(`${name}_open`),
        limits.trackRemaining ? scope.gauge(`remaining_${remainingName(name)}`) : undefined,
        overflow === undefined ? undefined : cluster.counter(overflow),
      );
    scope.gauge('cx_pool_open').set(0);
    this.connections = make(() => limits.maxConnections, 'cx', 'upstream_cx_overflow');
    this.pending = make(() => limits.maxPendingRequests, 'rq_pending', 'upstream_rq_pending_overflow');
    this.requests = make(() => limits.maxRequests, 'rq', undefined);
    this.retries = make(() => this.retryLimit(), 'rq_retry', 'upstream_rq_retry_overflow');
  }

  private retryLimit(): number {
    const { retryBudget, maxRetries } = this.limits;
    if (!retryBudget) return maxRetries;
    const active = (this.requests?.used ?? 0) + (this.pending?.used ?? 0);
    return Math.max(retryBudget.minimum, Math.floor((active * retryBudget.percent) / 100));
  }

  tryConnection(): boolean {
    return this.connections.try();
  }

  /** A connection beyond the limit, for pools that always keep one. */
  takeConnection(): void {
    this.connections.take();
  }

  releaseConnection(): void {
    this.connections.release();
  }

  tryPending(): boolean {
    return this.pending.try();
  }

  releasePending(): void {
    this.pending.release();
  }

  tryRequest(): boolean {
    return this.requests.try();
  }

  releaseRequest(): void {
    this.requests.release();
  }

  tryRetry(): boolean {
    return this.retries.try();
  }

  releaseRetry(): void {
    this.retries.release();
  }
}

const remainingName = (name: string) =>
  name === 'rq_pending' ? 'pending' : name === 'rq_retry' ? 'retries' : name;

export function resourceLimits(threshold: Readonly<Record<string, any>> | undefined): ResourceLimits {
  const budget = threshold?.retryBudget;
  return {
    maxConnections: threshold?.maxConnections ?? 1024,
    maxPendingRequests: threshold?.maxPendingRequests ?? 1024,
    maxRequests: threshold?.maxRequests ?? 1024,
    maxRetries: threshold?.maxRetries ?? 3,
    retryBudget: budget
      ? { percent: budget.budgetPercent?.value ?? 20, minimum: budget.minRetryConcurrency ?? 3 }
      : undefined,
    trackRemaining: threshold?.trackRemaining === true,
  };
}
