import type { Counter, Gauge, Histogram, StatsScope } from '../telemetry/stats.ts';

const counters = {
  cxTotal: 'downstream_cx_total',
  cxHttp1Total: 'downstream_cx_http1_total',
  cxUpgradesTotal: 'downstream_cx_upgrades_total',
  cxDestroy: 'downstream_cx_destroy',
  cxDestroyLocal: 'downstream_cx_destroy_local',
  cxDestroyRemote: 'downstream_cx_destroy_remote',
  cxDestroyActiveRq: 'downstream_cx_destroy_active_rq',
  cxDestroyLocalActiveRq: 'downstream_cx_destroy_local_active_rq',
  cxDestroyRemoteActiveRq: 'downstream_cx_destroy_remote_active_rq',
  cxDelayedCloseTimeout: 'downstream_cx_delayed_close_timeout',
  cxDrainClose: 'downstream_cx_drain_close',
  cxIdleTimeout: 'downstream_cx_idle_timeout',
  cxMaxDuration: 'downstream_cx_max_duration_reached',
  cxMaxRequests: 'downstream_cx_max_requests_reached',
  cxProtocolError: 'downstream_cx_protocol_error',
  cxRxBytes: 'downstream_cx_rx_bytes_total',
  cxTxBytes: 'downstream_cx_tx_bytes_total',
  flowPaused: 'downstream_flow_control_paused_reading_total',
  flowResumed: 'downstream_flow_control_resumed_reading_total',
  rqTotal: 'downstream_rq_total',
  rqHttp1Total: 'downstream_rq_http1_total',
  rqCompleted: 'downstream_rq_completed',
  rq1xx: 'downstream_rq_1xx',
  rq2xx: 'downstream_rq_2xx',
  rq3xx: 'downstream_rq_3xx',
  rq4xx: 'downstream_rq_4xx',
  rq5xx: 'downstream_rq_5xx',
  rqHeaderTimeout: 'downstream_rq_header_timeout',
  rqIdleTimeout: 'downstream_rq_idle_timeout',
  rqMaxDuration: 'downstream_rq_max_duration_reached',
  rqNonRelativePath: 'downstream_rq_non_relative_path',
  rqResponseBeforeComplete: 'downstream_rq_response_before_rq_complete',
  rqRxReset: 'downstream_rq_rx_reset',
  rqTimeout: 'downstream_rq_timeout',
  rqTooLarge: 'downstream_rq_too_large',
  rqTxReset: 'downstream_rq_tx_reset',
  rqUpgradeFailed: 'downstream_rq_ws_on_non_ws_route',
  // The router's own, below the same prefix.
  routerTotal: 'rq_total',
  noRoute: 'no_route',
  noCluster: 'no_cluster',
  directResponse: 'rq_direct_response',
  redirect: 'rq_redirect',
  resetAfterStart: 'rq_reset_after_downstream_response_started',
  retrySkipped: 'rq_retry_skipped_request_not_complete',
  internalRedirectHandled: 'passthrough_internal_redirect_bad_location',
} as const;

/** The counters of one connection manager, looked up once. */
export interface DownstreamStats extends Readonly<Record<keyof typeof counters, Counter>> {
  readonly cxActive: Gauge;
  readonly cxHttp1Active: Gauge;
  readonly cxUpgradesActive: Gauge;
  readonly rqActive: Gauge;
  readonly cxLengthMs: Histogram;
  readonly rqTime: Histogram;
}

/** All counters of `http.PREFIX.`, whose scope this is. */
export function downstreamStats(scope: StatsScope): DownstreamStats {
  const stats: Record<string, unknown> = {};
  for (const [key, name] of Object.entries(counters)) stats[key] = scope.counter(name);
  return {
    ...(stats as Record<keyof typeof counters, Counter>),
    cxActive: scope.gauge('downstream_cx_active'),
    cxHttp1Active: scope.gauge('downstream_cx_http1_active'),
    cxUpgradesActive: scope.gauge('downstream_cx_upgrades_active'),
    rqActive: scope.gauge('downstream_rq_active'),
    cxLengthMs: scope.histogram('downstream_cx_length_ms'),
    rqTime: scope.histogram('downstream_rq_time'),
  };
}

export function countDownstreamCode(stats: DownstreamStats, status: number): void {
  stats.rqCompleted.value++;
  if (status >= 500) stats.rq5xx.value++;
  else if (status >= 400) stats.rq4xx.value++;
  else if (status >= 300) stats.rq3xx.value++;
  else if (status >= 200) stats.rq2xx.value++;
  else if (status >= 100) stats.rq1xx.value++;
}
