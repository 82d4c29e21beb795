import type { Counter, Gauge, StatsScope } from '../telemetry/stats.ts';

const classes = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** The interface counts itself like any other listener, under the prefix `admin`. */
export class AdminStats {
  private readonly connectionCounters: readonly Counter[];
  private readonly connectionGauges: readonly Gauge[];
  private readonly requestCounters: readonly Counter[];
  private readonly requestsActive: Gauge;
  private readonly completed: Counter;
  private readonly destroyed: Counter;
  private readonly byClass: ReadonlyMap<string, Counter>;

  constructor(root: StatsScope) {
    const http = root.scope('http.admin');
    const listener = root.scope('listener.admin');
    const thread = listener.scope('main_thread');
    this.connectionCounters = [
      http.counter('downstream_cx_total'),
      http.counter('downstream_cx_http1_total'),
      listener.counter('downstream_cx_total'),
      thread.counter('downstream_cx_total'),
    ];
    this.connectionGauges = [
      http.gauge('downstream_cx_active'),
      http.gauge('downstream_cx_http1_active'),
      listener.gauge('downstream_cx_active'),
      thread.gauge('downstream_cx_active'),
    ];
    this.requestCounters = [http.counter('downstream_rq_total'), http.counter('downstream_rq_http1_total')];
    this.requestsActive = http.gauge('downstream_rq_active');
    this.completed = http.counter('downstream_rq_completed');
    this.destroyed = http.counter('downstream_cx_destroy');
    this.byClass = new Map(classes.map((name) => [name, http.counter(`downstream_rq_${name}`)]));
  }

  connected(): void {
    for (const counter of this.connectionCounters) counter.inc();
    for (const gauge of this.connectionGauges) gauge.inc();
  }

  disconnected(): void {
    for (const gauge of this.connectionGauges) gauge.dec();
    this.destroyed.inc();
  }

  begun(): void {
    for (const counter of this.requestCounters) counter.inc();
    this.requestsActive.inc();
  }

  answered(status: number): void {
    this.requestsActive.dec();
    this.completed.inc();
    this.byClass.get(`${Math.floor(status / 100)}xx`)?.inc();
  }
}
