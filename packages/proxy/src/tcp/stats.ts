import type { Counter, Gauge, StatsScope } from '../telemetry/stats.ts';

export interface TcpStats {
  readonly total: Counter;
  readonly noRoute: Counter;
  readonly rxBytes: Counter;
  readonly txBytes: Counter;
  readonly paused: Counter;
  readonly resumed: Counter;
  readonly idleTimeout: Counter;
  readonly maxDuration: Counter;
  readonly rxBuffered: Gauge;
  readonly txBuffered: Gauge;
}

/** The stats of TCP proxies with one prefix. */
export function createTcpStats(root: StatsScope, prefix: string): TcpStats {
  const scope = root.scope(`tcp.${prefix}`);
  for (const name of ['early_data_received_count_total', 'upstream_flush_total', 'on_demand_cluster_attempt'])
    scope.counter(name);
  for (const name of ['on_demand_cluster_missing', 'on_demand_cluster_success', 'on_demand_cluster_timeout'])
    scope.counter(name);
  scope.gauge('upstream_flush_active');
  return {
    total: scope.counter('downstream_cx_total'),
    noRoute: scope.counter('downstream_cx_no_route'),
    rxBytes: scope.counter('downstream_cx_rx_bytes_total'),
    txBytes: scope.counter('downstream_cx_tx_bytes_total'),
    paused: scope.counter('downstream_flow_control_paused_reading_total'),
    resumed: scope.counter('downstream_flow_control_resumed_reading_total'),
    idleTimeout: scope.counter('idle_timeout'),
    maxDuration: scope.counter('max_downstream_connection_duration'),
    rxBuffered: scope.gauge('downstream_cx_rx_bytes_buffered'),
    txBuffered: scope.gauge('downstream_cx_tx_bytes_buffered'),
  };
}
