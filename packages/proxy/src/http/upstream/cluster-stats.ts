import type { Counter, Gauge, Histogram } from '../../telemetry/stats.ts';
import type { Cluster } from '../../upstream/types.ts';

const counters = {
  cxTotal: 'upstream_cx_total',
  cxHttp1Total: 'upstream_cx_http1_total',
  cxConnectFail: 'upstream_cx_connect_fail',
  cxConnectTimeout: 'upstream_cx_connect_timeout',
  cxDestroy: 'upstream_cx_destroy',
  cxDestroyLocal: 'upstream_cx_destroy_local',
  cxDestroyRemote: 'upstream_cx_destroy_remote',
  cxDestroyWithActiveRq: 'upstream_cx_destroy_with_active_rq',
  cxDestroyLocalWithActiveRq: 'upstream_cx_destroy_local_with_active_rq',
  cxDestroyRemoteWithActiveRq: 'upstream_cx_destroy_remote_with_active_rq',
  cxCloseNotify: 'upstream_cx_close_notify',
  cxIdleTimeout: 'upstream_cx_idle_timeout',
  cxMaxDuration: 'upstream_cx_max_duration_reached',
  cxMaxRequests: 'upstream_cx_max_requests',
  cxNoneHealthy: 'upstream_cx_none_healthy',
  cxOverflow: 'upstream_cx_overflow',
  cxPoolOverflow: 'upstream_cx_pool_overflow',
  cxProtocolError: 'upstream_cx_protocol_error',
  cxRxBytes: 'upstream_cx_rx_bytes_total',
  cxTxBytes: 'upstream_cx_tx_bytes_total',
  rqTotal: 'upstream_rq_total',
  rqCompleted: 'upstream_rq_completed',
  rqCancelled: 'upstream_rq_cancelled',
  rqMaintenanceMode: 'upstream_rq_maintenance_mode',
  rqMaxDuration: 'upstream_rq_max_duration_reached',
  rqPendingTotal: 'upstream_rq_pending_total',
  rqPendingOverflow: 'upstream_rq_pending_overflow',
  rqPendingFailureEject: 'upstream_rq_pending_failure_eject',
  rqPerTryTimeout: 'upstream_rq_per_try_timeout',
  rqPerTryIdleTimeout: 'upstream_rq_per_try_idle_timeout',
  rqTimeout: 'upstream_rq_timeout',
  rqRxReset: 'upstream_rq_rx_reset',
  rqTxReset: 'upstream_rq_tx_reset',
  rqRetry: 'upstream_rq_retry',
  rqRetryBackoffExponential: 'upstream_rq_retry_backoff_exponential',
  rqRetryBackoffRatelimited: 'upstream_rq_retry_backoff_ratelimited',
  rqRetryLimitExceeded: 'upstream_rq_retry_limit_exceeded',
  rqRetryOverflow: 'upstream_rq_retry_overflow',
  rqRetrySuccess: 'upstream_rq_retry_success',
  flowPaused: 'upstream_flow_control_paused_reading_total',
  flowResumed: 'upstream_flow_control_resumed_reading_total',
  flowBackedUp: 'upstream_flow_control_backed_up_total',
  flowDrained: 'upstream_flow_control_drained_total',
  internalRedirectSucceeded: 'upstream_internal_redirect_succeeded_total',
  internalRedirectFailed: 'upstream_internal_redirect_failed_total',
} as const;

type CounterName = keyof typeof counters;

/** The counters of one cluster that the HTTP path moves, looked up once. */
export interface ClusterHttpStats extends Readonly<Record<CounterName, Counter>> {
  readonly cxActive: Gauge;
  readonly rqActive: Gauge;
  readonly rqPendingActive: Gauge;
  readonly cxConnectMs: Histogram;
  readonly cxLengthMs: Histogram;
  readonly rqTime: Histogram;
  /** Response code counters below a prefix such as `` or `external.`. */
  readonly codes: Map<string, CodeCounters>;
}

/** `upstream_rq_2xx`, `upstream_rq_200` … of one prefix. */
export interface CodeCounters {
  readonly completed: Counter;
  /** By class: index 1 for 1xx and so on. */
  readonly classes: (Counter | undefined)[];
  readonly exact: Map<number, Counter>;
  readonly time: Histogram;
  readonly counter: (name: string) => Counter;
}

export function clusterHttpStats(cluster: Cluster): ClusterHttpStats {
  const stats: Record<string, unknown> = {};
  for (const [key, name] of Object.entries(counters)) stats[key] = cluster.stats.counter(name);
  return {
    ...(stats as Record<CounterName, Counter>),
    cxActive: cluster.stats.gauge('upstream_cx_active'),
    rqActive: cluster.stats.gauge('upstream_rq_active'),
    rqPendingActive: cluster.stats.gauge('upstream_rq_pending_active'),
    cxConnectMs: cluster.stats.scope.histogram('upstream_cx_connect_ms'),
    cxLengthMs: cluster.stats.scope.histogram('upstream_cx_length_ms'),
    rqTime: cluster.stats.scope.histogram('upstream_rq_time'),
    codes: new Map(),
  };
}

/** Counters of answers below `prefix`, made on first use. */
export function codeCounters(cluster: Cluster, stats: ClusterHttpStats, prefix: string): CodeCounters {
  let found = stats.codes.get(prefix);
  if (found === undefined) {
    const scope = prefix === '' ? cluster.stats.scope : cluster.stats.scope.scope(prefix);
    const counter = (name: string) => scope.counter(name);
    found = makeCodeCounters(counter, scope.histogram('upstream_rq_time'));
    stats.codes.set(prefix, found);
  }
  return found;
}

/** Code counters on any scope. */
export function makeCodeCounters(counter: (name: string) => Counter, time: Histogram): CodeCounters {
  return {
    completed: counter('upstream_rq_completed'),
    classes: [undefined, undefined, undefined, undefined, undefined, undefined],
    exact: new Map(),
    time,
    counter,
  };
}

export function countCode(counters: CodeCounters, status: number): void {
  counters.completed.value++;
  const group = status >= 100 && status < 600 ? Math.floor(status / 100) : 0;
  let ofClass = counters.classes[group];
  if (ofClass === undefined) {
    ofClass = counters.counter(group === 0 ? 'upstream_rq_unknown' : `upstream_rq_${group}xx`);
    counters.classes[group] = ofClass;
  }
  ofClass.value++;
  let exact = counters.exact.get(status);
  if (exact === undefined) {
    exact = counters.counter(`upstream_rq_${status}`);
    counters.exact.set(status, exact);
  }
  exact.value++;
}
