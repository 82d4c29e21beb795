import { pretty, protoNames } from './proto-json.ts';
import { type AdminReply, json } from './reply.ts';
import type { AdminTarget } from './target.ts';

/** `/server_info`. */
export function serverInfo(target: AdminTarget): AdminReply {
  const uptime = `${Math.floor((target.clock.now() - target.startedAt) / 1000)}s`;
  const node = {
    client_features: [],
    dynamic_parameters: {},
    extensions: [],
    listening_addresses: [],
    ...protoNames(target.node, 'envoy.config.core.v3.Node'),
  };
  return json(
    pretty({
      version: target.version,
      state: target.state,
      uptime_current_epoch: uptime,
      uptime_all_epochs: uptime,
      hot_restart_version: target.hotRestartVersion,
      command_line_options: target.commandLine,
      node,
      hot_restart_initializing: false,
    }),
  );
}

/** `/memory`: what the runtime says of its heap, under Envoy's names. */
export function memory(): AdminReply {
  const usage = process.memoryUsage();
  return json(
    pretty({
      allocated: String(usage.heapUsed),
      heap_size: String(usage.heapTotal),
      pageheap_unmapped: '0',
      pageheap_free: String(Math.max(0, usage.heapTotal - usage.heapUsed)),
      total_thread_cache: '0',
      total_physical_bytes: String(usage.rss),
    }),
  );
}
