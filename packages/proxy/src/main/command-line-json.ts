import type { CommandLine } from './options.ts';

/** The command line as `/server_info` prints it. */
export function describeCommandLine(line: CommandLine): Readonly<Record<string, unknown>> {
  return {
    base_id: String(line.baseId),
    use_dynamic_base_id: line.useDynamicBaseId,
    base_id_path: '',
    concurrency: line.concurrency ?? 1,
    config_path: line.configPath,
    config_yaml: line.configYaml,
    allow_unknown_static_fields: line.allowUnknownFields,
    reject_unknown_dynamic_fields: false,
    ignore_unknown_dynamic_fields: false,
    admin_address_path: line.adminAddressPath,
    local_address_ip_version: line.localAddressIpVersion,
    log_level: line.logLevel,
    component_log_level: line.componentLogLevel,
    log_format: line.logFormat,
    log_format_escaped: false,
    log_path: line.logPath,
    service_cluster: line.serviceCluster,
    service_node: line.serviceNode,
    service_zone: line.serviceZone,
    file_flush_interval: duration(line.fileFlushInterval / 1000),
    file_flush_min_size: 0,
    drain_time: duration(line.drainTime),
    drain_strategy: line.drainStrategy === 'immediate' ? 'Immediate' : 'Gradual',
    parent_shutdown_time: duration(line.parentShutdownTime),
    mode: line.mode === 'validate' ? 'Validate' : 'Serve',
    disable_hot_restart: line.disableHotRestart,
    enable_mutex_tracing: false,
    restart_epoch: line.restartEpoch,
    cpuset_threads: line.cpusetThreads,
    disabled_extensions: [],
    enable_fine_grain_logging: false,
    socket_path: '@envoy_domain_socket',
    socket_mode: 0,
    enable_core_dump: false,
    stats_tag: line.statsTags,
    skip_hot_restart_on_no_parent: false,
    skip_hot_restart_parent_stats: false,
    skip_deprecated_logs: false,
    log_stacktrace_single_entry: false,
  };
}

const duration = (seconds: number) => `${Number.isInteger(seconds) ? seconds : seconds.toFixed(3)}s`;
