import type { Clock } from '@lateen/kit';
import { milliseconds } from '../config/values.ts';
import type { Random, Runtime } from '../http/types.ts';
import type { Counter, Gauge, StatsScope } from '../telemetry/stats.ts';
import type { UpstreamHost } from './host.ts';
import type { UpstreamResult } from './types.ts';

type Kind =
  | 'consecutive_5xx'
  | 'consecutive_gateway_failure'
  | 'consecutive_local_origin_failure'
  | 'success_rate'
  | 'failure_percentage'
  | 'local_origin_success_rate'
  | 'local_origin_failure_percentage';

interface Tally {
  total: number;
  succeeded: number;
}

interface Watch {
  consecutive5xx: number;
  consecutiveGateway: number;
  consecutiveLocal: number;
  external: Tally;
  local: Tally;
  ejections: number;
  ejectedAt: number;
  jitter: number;
}

const kinds: readonly Kind[] = [
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'consecutive_local_origin_failure',
  'success_rate',
  'failure_percentage',
  'local_origin_success_rate',
  'local_origin_failure_percentage',
];

function settings(message: Readonly<Record<string, any>>) {
  const base = milliseconds(message.baseEjectionTime, 30_000);
  return {
    interval: milliseconds(message.interval, 10_000),
    base,
    longest: Math.max(milliseconds(message.maxEjectionTime, 300_000), base),
    jitter: milliseconds(message.maxEjectionTimeJitter, 0),
    maxPercent: message.maxEjectionPercent ?? 10,
    alwaysOne: message.alwaysEjectOneHost === true,
    split: message.splitExternalLocalOriginErrors === true,
    thresholds: {
      consecutive_5xx: message.consecutive5xx ?? 5,
      consecutive_gateway_failure: message.consecutiveGatewayFailure ?? 5,
      consecutive_local_origin_failure: message.consecutiveLocalOriginFailure ?? 5,
    },
    enforcing: {
      consecutive_5xx: message.enforcingConsecutive5xx ?? 100,
      consecutive_gateway_failure: message.enforcingConsecutiveGatewayFailure ?? 0,
      consecutive_local_origin_failure: message.enforcingConsecutiveLocalOriginFailure ?? 100,
      success_rate: message.enforcingSuccessRate ?? 100,
      failure_percentage: message.enforcingFailurePercentage ?? 0,
      local_origin_success_rate: message.enforcingLocalOriginSuccessRate ?? 100,
      local_origin_failure_percentage: message.enforcingFailurePercentageLocalOrigin ?? 0,
    } satisfies Record<Kind, number>,
    successRate: {
      hosts: message.successRateMinimumHosts ?? 5,
      volume: message.successRateRequestVolume ?? 100,
      factor: (message.successRateStdevFactor ?? 1900) / 1000,
    },
    failurePercentage: {
      hosts: message.failurePercentageMinimumHosts ?? 5,
      volume: message.failurePercentageRequestVolume ?? 50,
      threshold: message.failurePercentageThreshold ?? 85,
    },
  };
}

export interface OutlierEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: Runtime;
  /** All hosts of the cluster. */
  readonly hosts: () => readonly UpstreamHost[];
  /** A host was ejected or came back. */
  readonly changed: () => void;
}

/** Takes hosts out of the rotation for a while after they have failed. */
export class OutlierDetector {
  private readonly settings: ReturnType<typeof settings>;
  private readonly environment: OutlierEnvironment;
  private readonly watches = new WeakMap<UpstreamHost, Watch>();
  private readonly active: Gauge;
  private readonly scope: StatsScope;
  private readonly enforced: Counter;
  private cancel: () => void;

  constructor(message: Readonly<Record<string, any>>, scope: StatsScope, environment: OutlierEnvironment) {
    this.settings = settings(message);
    this.environment = environment;
    this.scope = scope.scope('outlier_detection');
    this.active = this.scope.gauge('ejections_active');
    this.active.set(0);
    this.enforced = this.scope.counter('ejections_enforced_total');
    for (const name of [
      'ejections_consecutive_5xx',
      'ejections_overflow',
      'ejections_success_rate',
      'ejections_total',
    ])
      this.scope.counter(name);
    for (const kind of kinds) {
      this.scope.counter(`ejections_detected_${kind}`);
      this.scope.counter(`ejections_enforced_${kind}`);
    }
    this.cancel = environment.clock.after(this.settings.interval, () => this.tick());
  }

  close(): void {
    this.cancel();
  }

  report(host: UpstreamHost, result: UpstreamResult): void {
    const watch = this.watch(host);
    if (result.kind === 'response') this.onStatus(host, watch, result.status);
    else if (this.settings.split) this.onLocal(host, watch, result.kind === 'local-origin-success');
    else if (result.kind === 'local-origin-failure')
      this.onStatus(host, watch, result.reason === 'timeout' ? 504 : 503);
  }

  /** A TCP connection that was made counts as an answer unless local origin errors are told apart. */
  reportConnected(host: UpstreamHost): void {
    const watch = this.watch(host);
    if (this.settings.split) this.onLocal(host, watch, true);
    else this.onStatus(host, watch, 200);
  }

  private watch(host: UpstreamHost): Watch {
    let watch = this.watches.get(host);
    if (!watch) {
      const tally = () => ({ total: 0, succeeded: 0 });
      watch = {
        consecutive5xx: 0,
        consecutiveGateway: 0,
        consecutiveLocal: 0,
        external: tally(),
        local: tally(),
        ejections: 0,
        ejectedAt: 0,
        jitter: 0,
      };
      this.watches.set(host, watch);
    }
    return watch;
  }

  private onStatus(host: UpstreamHost, watch: Watch, status: number): void {
    watch.external.total++;
    if (this.settings.split) watch.consecutiveLocal = 0;
    if (status < 500) {
      watch.external.succeeded++;
      watch.consecutive5xx = 0;
      watch.consecutiveGateway = 0;
      return;
    }
    if (status >= 502 && status <= 504) {
      watch.consecutiveGateway++;
      if (watch.consecutiveGateway === this.threshold('consecutive_gateway_failure')) {
        watch.consecutiveGateway = 0;
        this.detected(host, watch, 'consecutive_gateway_failure');
      }
    } else watch.consecutiveGateway = 0;
    watch.consecutive5xx++;
    if (watch.consecutive5xx === this.threshold('consecutive_5xx')) {
      watch.consecutive5xx = 0;
      this.detected(host, watch, 'consecutive_5xx');
    }
  }

  private onLocal(host: UpstreamHost, watch: Watch, success: boolean): void {
    watch.local.total++;
    if (success) {
      watch.local.succeeded++;
      watch.consecutiveLocal = 0;
      return;
    }
    watch.consecutiveLocal++;
    if (watch.consecutiveLocal === this.threshold('consecutive_local_origin_failure')) {
      watch.consecutiveLocal = 0;
      this.detected(host, watch, 'consecutive_local_origin_failure');
    }
  }

  private threshold(kind: keyof ReturnType<typeof settings>['thresholds']): number {
    return this.environment.runtime.number(`outlier_detection.${kind}`, this.settings.thresholds[kind]);
  }

  private detected(host: UpstreamHost, watch: Watch, kind: Kind): void {
    if (host.ejected) return;
    this.scope.counter(`ejections_detected_${kind}`).inc();
    if (!this.mayEject()) {
      this.scope.counter('ejections_overflow').inc();
      return;
    }
    const percent = this.environment.runtime.number(
      `outlier_detection.enforcing_${kind}`,
      this.settings.enforcing[kind],
    );
    if (this.environment.random.next() * 100 >= percent) return;
    this.eject(host, watch, kind);
  }

  private mayEject(): boolean {
    const active = this.active.value;
    if (active === 0 && this.settings.alwaysOne) return true;
    const limit = Math.min(
      100,
      this.environment.runtime.number('outlier_detection.max_ejection_percent', this.settings.maxPercent),
    );
    return (100 * (active + 1)) / this.environment.hosts().length <= limit;
  }

  private eject(host: UpstreamHost, watch: Watch, kind: Kind): void {
    host.ejected = true;
    watch.ejectedAt = this.environment.clock.monotonic();
    watch.jitter = this.settings.jitter * this.environment.random.next();
    if (watch.ejections * this.settings.base < this.settings.longest) watch.ejections++;
    this.active.inc();
    this.enforced.inc();
    this.scope.counter('ejections_total').inc();
    this.scope.counter(`ejections_enforced_${kind}`).inc();
    if (kind === 'consecutive_5xx' || kind === 'success_rate') this.scope.counter(`ejections_${kind}`).inc();
    this.environment.changed();
  }

  private tick(): void {
    const now = this.environment.clock.monotonic();
    let changed = false;
    for (const host of this.environment.hosts())
      changed = this.review(host, this.watch(host), now) || changed;
    this.judge('external', 'success_rate', 'failure_percentage');
    if (this.settings.split)
      this.judge('local', 'local_origin_success_rate', 'local_origin_failure_percentage');
    if (changed) this.environment.changed();
    this.cancel = this.environment.clock.after(this.settings.interval, () => this.tick());
  }

  /** True when the host came back. */
  private review(host: UpstreamHost, watch: Watch, now: number): boolean {
    if (!host.ejected) {
      if (watch.ejections > 0) watch.ejections--;
      return false;
    }
    const time = Math.min(this.settings.base * watch.ejections, this.settings.longest) + watch.jitter;
    if (now - watch.ejectedAt < time) return false;
    this.readmit(host, now);
    return true;
  }

  /** Brings a host back; its counts begin anew. */
  private readmit(host: UpstreamHost, now: number): void {
    const watch = this.watch(host);
    host.ejected = false;
    host.since = now;
    watch.consecutive5xx = 0;
    watch.consecutiveGateway = 0;
    watch.consecutiveLocal = 0;
    this.active.dec();
  }

  /** A host that left while it was ejected. */
  forget(host: UpstreamHost): void {
    if (host.ejected) this.active.dec();
  }

  private judge(which: 'external' | 'local', rateKind: Kind, failureKind: Kind): void {
    const { successRate, failurePercentage } = this.settings;
    const rates = this.rates(which, successRate.volume);
    if (rates.length >= successRate.hosts && rates.length > 0) {
      const mean = rates.reduce((sum, entry) => sum + entry.rate, 0) / rates.length;
      const variance = rates.reduce((sum, entry) => sum + (entry.rate - mean) ** 2, 0) / rates.length;
      const threshold = mean - successRate.factor * Math.sqrt(variance);
      for (const { host, rate } of rates)
        if (rate < threshold) this.detected(host, this.watch(host), rateKind);
    }
    const failing = this.rates(which, failurePercentage.volume);
    if (failing.length >= failurePercentage.hosts) {
      for (const { host, rate } of failing)
        if (100 - rate >= failurePercentage.threshold) this.detected(host, this.watch(host), failureKind);
    }
    this.resetTallies(which);
  }

  private rates(
    which: 'external' | 'local',
    volume: number,
  ): { readonly host: UpstreamHost; readonly rate: number }[] {
    return this.environment
      .hosts()
      .filter((host) => !host.ejected && this.watch(host)[which].total >= Math.max(1, volume))
      .map((host) => ({
        host,
        rate: (100 * this.watch(host)[which].succeeded) / this.watch(host)[which].total,
      }));
  }

  private resetTallies(which: 'external' | 'local'): void {
    for (const host of this.environment.hosts()) {
      const tally = this.watch(host)[which];
      host.successRate =
        tally.total >= this.settings.successRate.volume ? (100 * tally.succeeded) / tally.total : -1;
      tally.total = 0;
      tally.succeeded = 0;
    }
  }
}
