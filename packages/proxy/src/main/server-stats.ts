import type { LayeredRuntime } from '../config/runtime.ts';
import type { StatsStore } from '../telemetry/store.ts';

const counters: Readonly<Record<string, string>> = {
  server:
    'debug_assertion_failures dropped_stat_flushes dynamic_unknown_fields envoy_bug_failures envoy_notifications static_unknown_fields wip_protos',
  filesystem: 'flushed_by_timer reopen_failed write_buffered write_completed write_failed',
  runtime: 'deprecated_feature_use load_error load_success override_dir_exists override_dir_not_exists',
  'server.main_thread': 'watchdog_mega_miss watchdog_miss',
  'server.worker_0': 'watchdog_mega_miss watchdog_miss',
  main_thread: 'watchdog_mega_miss watchdog_miss',
  workers: 'watchdog_mega_miss watchdog_miss',
  http1:
    'dropped_headers_with_underscores metadata_not_supported_error requests_rejected_with_underscores_in_headers response_flood',
};

const gauges: Readonly<Record<string, string>> = {
  server:
    'concurrency hot_restart_epoch live memory_allocated memory_heap_size memory_physical_size parent_connections seconds_until_first_ocsp_response_expiring state stats_recent_lookups total_connections uptime version',
  filesystem: 'write_total_buffered',
  'thread_local_cluster_manager.main_thread': 'clusters_inflated',
  'thread_local_cluster_manager.worker_0': 'clusters_inflated',
  runtime: 'admin_overrides_active deprecated_feature_seen_since_process_start',
};

const noCertificate = 4_294_967_295;

/** The stats of the process itself, which are there before anything happens. */
export function listServerStats(store: StatsStore, concurrency: number, runtime: LayeredRuntime): void {
  for (const [scope, names] of Object.entries(counters))
    for (const name of names.split(' ')) store.counter(`${scope}.${name}`);
  for (const [scope, names] of Object.entries(gauges))
    for (const name of names.split(' ')) store.gauge(`${scope}.${name}`);
  store.gauge('server.concurrency').set(concurrency);
  store.gauge('server.hot_restart_generation').set(1);
  store.gauge('server.days_until_first_cert_expiring').set(noCertificate);
  store.gauge('server.compilation_settings.fips_mode').set(0);
  store.gauge('server.state').set(2);
  store.histogram('server.initialization_time_ms');
  store.histogram('overload.refresh_interval_delay');
  store.counter('envoy.overload_actions.reset_high_memory_stream.count');
  store.gauge('runtime.num_layers').set(runtime.layers.length);
  store.gauge('runtime.num_keys').set(runtime.layers.reduce((sum, layer) => sum + layer.values.size, 0));
}
