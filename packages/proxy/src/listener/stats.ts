import type { Counter, Gauge, Histogram, StatsScope } from '../telemetry/stats.ts';

export interface ListenerStats {
  readonly scope: StatsScope;
  readonly total: Counter;
  readonly workerTotal: Counter;
  readonly workerActive: Gauge;
  readonly active: Gauge;
  readonly destroyed: Counter;
  readonly length: Histogram;
  readonly overflow: Counter;
  readonly preActive: Gauge;
  readonly preTimeout: Counter;
  readonly noFilterChainMatch: Counter;
  readonly tlsErrors: () => Counter;
  readonly acceptedPerEvent: Histogram;
}

/** The stats of one listener under its address or `stat_prefix`. */
export function createListenerStats(root: StatsScope, name: string): ListenerStats {
  const scope = root.scope(`listener.${name}`);
  for (const counter of [
    'downstream_cx_overload_reject',
    'downstream_cx_transport_socket_connect_timeout',
    'downstream_global_cx_overflow',
    'downstream_listener_filter_error',
    'downstream_listener_filter_remote_close',
    'extension_config_missing',
    'network_extension_config_missing',
  ]) {
    scope.counter(counter);
  }
  const worker = scope.scope('worker_0');
  return {
    scope,
    workerTotal: worker.counter('downstream_cx_total'),
    workerActive: worker.gauge('downstream_cx_active'),
    total: scope.counter('downstream_cx_total'),
    active: scope.gauge('downstream_cx_active'),
    destroyed: scope.counter('downstream_cx_destroy'),
    length: scope.histogram('downstream_cx_length_ms'),
    overflow: scope.counter('downstream_cx_overflow'),
    preActive: scope.gauge('downstream_pre_cx_active'),
    preTimeout: scope.counter('downstream_pre_cx_timeout'),
    noFilterChainMatch: scope.counter('no_filter_chain_match'),
    tlsErrors: () => scope.counter('ssl.connection_error'),
    acceptedPerEvent: scope.histogram('connections_accepted_per_socket_event'),
  };
}
