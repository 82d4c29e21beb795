import type { RouteTable } from '../route/types.ts';
import type { DownstreamConnection } from '../stream-info.ts';
import type { Counter } from '../telemetry/stats.ts';
import { NameTable } from './codec/names.ts';
import type { HcmSettings } from './config/hcm.ts';
import { type DownstreamStats, downstreamStats } from './downstream-stats.ts';
import type { CompiledFilter } from './filters/filter.ts';
import type { ResponseHeaders } from './header-list.ts';
import { proxyStatusValue } from './proxy-status.ts';
import { VirtualHostStats } from './router/code-stats.ts';
import { ServerConnection } from './server-connection.ts';
import type { Stream } from './stream.ts';
import type {
  AccessLogWriter,
  FormatContext,
  HttpDependencies,
  NetworkFilter,
  RouteTableHandle,
} from './types.ts';
import type { PoolManager } from './upstream/pools.ts';

export interface RouterSettings {
  readonly suppressEnvoyHeaders: boolean;
  readonly respectExpected: boolean;
}

export interface ManagerParts {
  readonly settings: HcmSettings;
  readonly router: RouterSettings;
  readonly chain: readonly CompiledFilter[];
  readonly upgradeChains: ReadonlyMap<
    string,
    { readonly enabled: boolean; readonly chain: readonly CompiledFilter[] }
  >;
  readonly accessLogs: readonly AccessLogWriter[];
  readonly routes: RouteTableHandle;
  readonly pools: PoolManager;
}

/** One HTTP connection manager: its configuration, its connections, its counters. */
export class Manager implements NetworkFilter {
  readonly settings: HcmSettings;
  readonly router: RouterSettings;
  readonly chain: readonly CompiledFilter[];
  readonly upgradeChains: ManagerParts['upgradeChains'];
  readonly deps: HttpDependencies;
  readonly stats: DownstreamStats;
  readonly vhostStats: VirtualHostStats;
  readonly pools: PoolManager;
  readonly names = new NameTable('request');
  draining = false;
  private readonly accessLogs: readonly AccessLogWriter[];
  private readonly routes: RouteTableHandle;
  private readonly connections = new Set<ServerConnection>();
  private readonly listenerCodes: readonly Counter[];
  private dateText = '';
  private dateSecond = 0;

  constructor(parts: ManagerParts, deps: HttpDependencies) {
    this.settings = parts.settings;
    this.router = parts.router;
    this.chain = parts.chain;
    this.upgradeChains = parts.upgradeChains;
    this.accessLogs = parts.accessLogs;
    this.routes = parts.routes;
    this.pools = parts.pools;
    this.deps = deps;
    const prefix = `http.${parts.settings.statPrefix}`;
    this.stats = downstreamStats(deps.stats.scope(prefix));
    this.vhostStats = new VirtualHostStats(deps.stats);
    const listener = deps.listenerStats?.scope(prefix);
    this.listenerCodes =
      listener === undefined
        ? []
        : ['completed', '1xx', '2xx', '3xx', '4xx', '5xx'].map((name) =>
            listener.counter(`downstream_rq_${name}`),
          );
  }

  onConnection(connection: DownstreamConnection): void {
    if (this.settings.refusesHttp1) {
      connection.socket.destroy();
      return;
    }
    this.connections.add(new ServerConnection(this, connection));
  }

  forget(connection: ServerConnection): void {
    this.connections.delete(connection);
  }

  get activeConnections(): number {
    return this.connections.size;
  }

  drain(): void {
    this.draining = true;
  }

  close(): void {
    for (const connection of [...this.connections]) connection.close();
    this.routes.release();
  }

  currentTable(): RouteTable | undefined {
    return this.routes.current as RouteTable | undefined;
  }

  countListenerCode(status: number): void {
    const counters = this.listenerCodes;
    if (counters.length === 0) return;
    counters[0]!.value++;
    const group = Math.floor(status / 100);
    if (group >= 1 && group <= 5) counters[group]!.value++;
  }

  writeAccessLogs(context: FormatContext): void {
    for (const log of this.accessLogs) log(context);
  }

  /** The `date` header of this second. */
  date(): string {
    const now = this.deps.clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.dateSecond) {
      this.dateSecond = second;
      this.dateText = new Date(now).toUTCString();
    }
    return this.dateText;
  }

  addProxyStatus(stream: Stream, headers: ResponseHeaders, _end: boolean): void {
    const value = proxyStatusValue(stream, headers, this.settings.proxyStatus!, this.deps.node.id);
    if (value !== undefined) headers.set('proxy-status', value);
  }
}
