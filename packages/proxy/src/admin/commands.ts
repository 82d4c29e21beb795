import { clusters } from './clusters.ts';
import { configDump } from './config-dump.ts';
import { listeners } from './listeners.ts';
import { type AdminReply, json, text } from './reply.ts';
import type { AdminRequest } from './request.ts';
import { runtime, runtimeModify } from './runtime.ts';
import { memory, serverInfo } from './server-info.ts';
import { stats, statsPrometheus } from './stats.ts';
import type { AdminTarget } from './target.ts';

export interface Command {
  readonly path: string;
  readonly help: string;
  /** Changes something, and therefore wants POST. */
  readonly post?: boolean;
  readonly handle: (target: AdminTarget, request: AdminRequest) => AdminReply;
}

const ok =
  (action: (target: AdminTarget, request: AdminRequest) => void) =>
  (target: AdminTarget, request: AdminRequest) => {
    action(target, request);
    return text('OK\n');
  };

const unavailable = (what: string) => () => text(`The current build does not support ${what}`, 501);

const lookupsOff = 'Lookup tracking is not enabled. Use /stats/recentlookups/enable to enable.\n\ntotal: 0\n';

/** Everything the interface answers, by path; `/help` lists it in this order. */
export const commands: readonly Command[] = [
  {
    path: '/allocprofiler',
    help: 'enable/disable the allocation profiler (if supported)',
    post: true,
    handle: unavailable('allocation profiling'),
  },
  { path: '/certs', help: 'print certs on machine', handle: () => json('{\n "certificates": []\n}\n') },
  { path: '/clusters', help: 'upstream cluster status', handle: clusters },
  { path: '/config_dump', help: 'dump current Envoy configs', handle: configDump },
  {
    path: '/contention',
    help: 'dump current Envoy mutex contention stats (if enabled)',
    handle: () =>
      text('Mutex contention tracing is not enabled. To enable, run Envoy with flag --enable-mutex-tracing.'),
  },
  {
    path: '/cpuprofiler',
    help: 'enable/disable the CPU profiler',
    post: true,
    handle: (_target, { query }) =>
      ['y', 'n'].includes(query.get('enable') ?? '') ? text('OK\n') : text('?enable=<y|n>\n', 400),
  },
  {
    path: '/drain_listeners',
    help: 'drain listeners',
    post: true,
    handle: ok(({ listeners: manager }, { query }) => {
      if (!query.has('skip_exit')) manager.stop(query.has('graceful'), query.has('inboundonly'));
    }),
  },
  {
    path: '/healthcheck/fail',
    help: 'cause the server to fail health checks',
    post: true,
    handle: ok((target) => target.failHealthCheck(true)),
  },
  {
    path: '/healthcheck/ok',
    help: 'cause the server to pass health checks',
    post: true,
    handle: ok((target) => target.failHealthCheck(false)),
  },
  { path: '/heap_dump', help: 'dump current Envoy heap (if supported)', handle: unavailable('heap dumps') },
  {
    path: '/heapprofiler',
    help: 'enable/disable the heap profiler',
    post: true,
    handle: unavailable('heap profiling'),
  },
  {
    path: '/hot_restart_version',
    help: 'print the hot restart compatibility version',
    handle: (target) => text(target.hotRestartVersion),
  },
  {
    path: '/init_dump',
    help: 'dump current Envoy init manager information (experimental)',
    handle: () => json('{}\n'),
  },
  { path: '/listeners', help: 'print listener info', handle: listeners },
  { path: '/memory', help: 'print current allocation/heap usage', handle: memory },
  { path: '/memory/tcmalloc', help: 'print TCMalloc stats', handle: () => text('') },
  { path: '/peak_heap_dump', help: 'dump peak Envoy heap (if supported)', handle: unavailable('heap dumps') },
  {
    path: '/quitquitquit',
    help: 'exit the server',
    post: true,
    handle: (target) => ({ ...text('OK\n'), after: () => target.quit() }),
  },
  {
    path: '/ready',
    help: 'print server state, return 200 if LIVE, otherwise return 503',
    handle: (target) => text(`${target.state}\n`, target.state === 'LIVE' ? 200 : 503),
  },
  {
    path: '/reopen_logs',
    help: 'reopen access logs',
    post: true,
    handle: ok((target) => target.reopenLogs()),
  },
  {
    path: '/reset_counters',
    help: 'reset all counters to zero',
    post: true,
    handle: ok((target) => target.store.resetCounters()),
  },
  { path: '/runtime', help: 'print runtime values', handle: runtime },
  {
    path: '/runtime_modify',
    help: 'Adds or modifies runtime values as passed in query parameters. To delete a previously added key, use an empty string as the value. Note that deletion only applies to overrides added via this endpoint; values loaded from disk can be modified via override but not deleted. E.g. ?key1=value1&key2=value2...',
    post: true,
    handle: runtimeModify,
  },
  { path: '/server_info', help: 'print server version/status information', handle: serverInfo },
  { path: '/stats', help: 'print server stats', handle: stats },
  { path: '/stats/prometheus', help: 'print server stats in prometheus format', handle: statsPrometheus },
  { path: '/stats/recentlookups', help: 'Show recent stat-name lookups', handle: () => text(lookupsOff) },
  {
    path: '/stats/recentlookups/clear',
    help: 'clear list of stat-name lookups and counter',
    post: true,
    handle: ok(() => {}),
  },
  {
    path: '/stats/recentlookups/disable',
    help: 'disable recording of reset stat-name lookup names',
    post: true,
    handle: ok(() => {}),
  },
  {
    path: '/stats/recentlookups/enable',
    help: 'enable recording of reset stat-name lookup names',
    post: true,
    handle: ok(() => {}),
  },
];
