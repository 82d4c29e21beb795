import { hostname, networkInterfaces } from 'node:os';
import { type Clock, type Log, systemClock } from '@lateen/kit';
import { LoggingLevels } from '../admin/logging.ts';
import { AdminServer } from '../admin/server.ts';
import type { AdminTarget } from '../admin/target.ts';
import { readCluster } from '../config/cluster.ts';
import type { ListenerConfig } from '../config/listener.ts';
import type { Message } from '../config/problems.ts';
import { RouteConfigs } from '../config/routes.ts';
import { type LayeredRuntime, readRuntime } from '../config/runtime.ts';
import { rejectedStats } from '../config/stats-matcher.ts';
import { milliseconds, socketAddress, typeName } from '../config/values.ts';
import { DynamicConfig, type DynamicEnvironment } from '../config/xds/index.ts';
import type { OpenStream } from '../config/xds/source.ts';
import type { DynamicTarget } from '../config/xds/target.ts';
import type { SocketAddress } from '../connection-info.ts';
import type { HttpDependencies, Random } from '../http/types.ts';
import { Drain } from '../listener/drain.ts';
import { Listeners } from '../listener/manager.ts';
import { type Libc, loadLibc } from '../listener/native.ts';
import { compileRouteConfiguration } from '../route/index.ts';
import { BufferPool } from '../tcp/read-buffers.ts';
import { LogFiles } from '../telemetry/access-log/file.ts';
import { type AccessLogEnvironment, createAccessLogger } from '../telemetry/access-log/index.ts';
import { compileTextFormat } from '../telemetry/format/index.ts';
import type { StatsScope } from '../telemetry/stats.ts';
import { StatsStore } from '../telemetry/store.ts';
import { type CustomTag, readCustomTags } from '../telemetry/tags.ts';
import { systemResolve } from '../upstream/dns.ts';
import { Clusters } from '../upstream/manager.ts';
import { BootstrapError, downstreamMonitor, readBootstrap } from './bootstrap.ts';
import { describeCommandLine } from './command-line-json.ts';
import type { CommandLine } from './options.ts';
import { systemRandom } from './random.ts';
import { listServerStats } from './server-stats.ts';
import { trimMemory } from './trim-memory.ts';
import { hotRestartVersion, proxyVersion, userAgentBuildVersion } from './version.ts';

/** Milliseconds after the start, by when its garbage has become old. */
const trimDelay = 2000;

export type ServerState = 'PRE_INITIALIZING' | 'INITIALIZING' | 'LIVE' | 'DRAINING';

export interface ServerSettings {
  readonly log: Log;
  readonly line: CommandLine;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Several processes share the listeners' ports. */
  readonly reusePort?: boolean;
  /** Opens the aggregated discovery stream instead of connecting to the cluster that the bootstrap names. */
  readonly openAds?: OpenStream;
  /** Called for `/quitquitquit`. */
  readonly quit?: () => void;
}

/** One proxy: everything that a bootstrap asks for, wired together. */
export class ProxyServer implements AdminTarget, DynamicTarget {
  readonly bootstrap: Message;
  readonly settings: ServerSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: StatsStore;
  readonly runtime: LayeredRuntime;
  readonly clusters: Clusters;
  readonly routes: RouteConfigs;
  readonly listeners: Listeners;
  readonly drain = new Drain();
  readonly files: LogFiles;
  readonly startedAt: number;
  readonly node: Message;
  readonly staticUpdatedAt: number;
  readonly tags: readonly CustomTag[];
  readonly commandLine: Readonly<Record<string, unknown>>;
  readonly version = proxyVersion;
  readonly hotRestartVersion = hotRestartVersion;
  readonly log: Log;
  dynamic: DynamicConfig | undefined;
  private readonly admin: AdminServer | undefined;
  private readonly dynamicEnvironment: DynamicEnvironment;
  private readonly accessLogs: AccessLogEnvironment;
  private readonly maxConnections: number;
  private libcCache: Libc | undefined | 'refused';
  private connectionId = 0;
  private readonly buffers = new BufferPool();
  private readonly connectionCount = { total: 0 };
  private live = false;
  private healthFailed = false;
  private cancelFlush = () => {};
  private cancelTrim = () => {};

  /** Throws a BootstrapError when the bootstrap is refused. */
  constructor(bootstrap: unknown, settings: ServerSettings) {
    this.settings = settings;
    this.log = settings.log;
    this.commandLine = describeCommandLine(settings.line);
    this.bootstrap = readBootstrap(bootstrap);
    this.clock = settings.clock ?? systemClock;
    this.random = settings.random ?? systemRandom;
    this.startedAt = this.clock.now();
    this.staticUpdatedAt = this.startedAt;
    this.tags = readCustomTags(this.bootstrap.statsConfig);
    this.node = { ...this.bootstrap.node, userAgentName: 'envoy', userAgentBuildVersion };
    if (settings.line.serviceNode) this.node = { ...this.node, id: settings.line.serviceNode };
    if (settings.line.serviceCluster) this.node = { ...this.node, cluster: settings.line.serviceCluster };
    this.store = new StatsStore(rejectedStats(this.bootstrap.statsConfig));
    const runtime = readRuntime(this.bootstrap.layeredRuntime);
    if (runtime.problems.list.length > 0) throw new BootstrapError(runtime.problems.list);
    this.runtime = runtime.value;
    this.maxConnections = connectionLimit(this.bootstrap);
    this.files = new LogFiles(settings.line.fileFlushInterval, this.clock);
    this.accessLogs = this.createAccessLogEnvironment();
    this.dynamicEnvironment = this.createDynamicEnvironment();
    this.clusters = this.createClusters();
    this.routes = this.createRoutes();
    this.listeners = this.createListeners();
    this.admin = this.bootstrap.admin?.address
      ? new AdminServer(this, this.bootstrap.admin, new LoggingLevels(settings.line.logLevel))
      : undefined;
    try {
      this.loadStatic();
    } catch (error) {
      this.clusters.close();
      this.listeners.close();
      this.files.close();
      throw error;
    }
    this.listServerStats();
  }

  private createAccessLogEnvironment(): AccessLogEnvironment {
    const variables = this.settings.environment ?? process.env;
    return {
      format: {
        clusters: { get: (name) => this.clusters.get(name) },
        hostname: hostname(),
        variable: (name) => variables[name],
        now: () => this.clock.now(),
        monotonic: () => this.clock.monotonic(),
      },
      filter: { runtime: this.runtime, random: this.random, monotonic: () => this.clock.monotonic() },
      files: this.files,
    };
  }

  private createDynamicEnvironment(): DynamicEnvironment {
    return {
      target: this,
      clock: this.clock,
      log: this.settings.log,
      random: this.random,
      stats: this.store,
      open: this.settings.openAds,
    };
  }

  private createClusters(): Clusters {
    return new Clusters({
      clock: this.clock,
      random: this.random,
      runtime: this.runtime,
      stats: this.store,
      store: this.store,
      resolve: systemResolve,
      bind: this.bootstrap.clusterManager?.upstreamBindConfig,
      subscribe: (service, source, deliver, giveUp) =>
        this.dynamicConfig().endpoints(service, source, deliver, giveUp),
    });
  }

  private createRoutes(): RouteConfigs {
    return new RouteConfigs({
      now: () => this.clock.now(),
      compile: (message, path) =>
        compileRouteConfiguration(message, this.httpDependencies(), {
          path,
          validateClusters: message.validateClusters ?? false,
        }),
      subscribe: (name, source, giveUp) => this.dynamicConfig().routes(name, source, giveUp),
    });
  }

  private dynamicConfig(): DynamicConfig {
    this.dynamic ??= new DynamicConfig(this.bootstrap, this.dynamicEnvironment);
    return this.dynamic;
  }

  private httpDependencies(): HttpDependencies {
    const { accessLogs } = this;
    return {
      clusters: this.clusters,
      routes: (name) => this.routes.handle(name, {}),
      stats: this.store,
      createAccessLogger: (config, path) => createAccessLogger(config, path, accessLogs),
      compileFormat: (format, path, options) => compileTextFormat(format, path, accessLogs.format, options),
      clock: this.clock,
      random: this.random,
      runtime: this.runtime,
      drain: this.drain,
      node: {
        id: this.node.id ?? '',
        cluster: this.node.cluster ?? '',
        zone: this.node.locality?.zone ?? '',
      },
      localAddress: ownAddress(this.settings.line.localAddressIpVersion),
      knowsCluster: (name) => this.clusters.knows(name),
    };
  }

  private createListeners(): Listeners {
    return new Listeners({
      clock: this.clock,
      stats: this.store,
      serverDrain: this.drain,
      drainTime: this.settings.line.drainTime * 1000,
      drainImmediately: this.settings.line.drainStrategy === 'immediate',
      reusePort: this.settings.reusePort === true,
      nextConnectionId: () => this.connectionId++,
      connectionCount: this.connectionCount,
      libc: () => this.libc(),
      admit: (listener) => this.admit(listener),
      warn: (message, fields) => this.settings.log.warn(message, fields),
      filters: (statName) => this.filterDependencies(statName),
    });
  }

  /** What the filters of one listener need; remembers which route configurations they asked for. */
  private filterDependencies(statName: string) {
    const asked = new Set<string>();
    const http = { ...this.httpDependencies(), listenerStats: this.store.scope(`listener.${statName}`) };
    return {
      deps: {
        http,
        tcp: {
          clusters: this.clusters,
          clock: this.clock,
          random: this.random,
          buffers: this.buffers,
          stats: this.store,
          createAccessLogger: http.createAccessLogger,
        },
        routes: (name: string, source: Message, stats: StatsScope) => {
          asked.add(name);
          return this.routes.handle(name, source, stats);
        },
      },
      pendingRoutes: () => [...asked].filter((name) => !this.routes.isKnown(name)),
      whenRoutesKnown: (callback: () => void) => this.whenRoutesKnown([...asked], callback),
    };
  }

  private whenRoutesKnown(names: readonly string[], callback: () => void): () => void {
    const pending = names.filter((name) => !this.routes.isKnown(name));
    let left = pending.length;
    if (left === 0) {
      callback();
      return () => {};
    }
    const cancels = pending.map((name) =>
      this.routes.whenKnown(name, () => {
        left--;
        if (left === 0) callback();
      }),
    );
    return () => {
      for (const cancel of cancels) cancel();
    };
  }

  private libc(): Libc | undefined {
    if (this.libcCache === undefined) {
      try {
        this.libcCache = loadLibc();
      } catch (error) {
        this.settings.log.warn('original destinations cannot be read from the kernel', { error });
        this.libcCache = 'refused';
      }
    }
    return this.libcCache === 'refused' ? undefined : this.libcCache;
  }

  private admit(listener: ListenerConfig): boolean {
    const global = this.runtime.number('overload.global_downstream_max_connections', this.maxConnections);
    if (this.connectionCount.total >= global && listener.message.ignoreGlobalConnLimit !== true) return false;
    const limit = this.runtime.number(
      `envoy.resource_limits.listener.${listener.name}.connection_limit`,
      Number.POSITIVE_INFINITY,
    );
    const active = this.store.gauge(`listener.${listener.statName}.downstream_cx_active`).value;
    return limit === Number.POSITIVE_INFINITY || active < limit;
  }

  private loadStatic(): void {
    const resources = this.bootstrap.staticResources ?? {};
    for (const [index, message] of (resources.clusters ?? []).entries()) {
      const read = readCluster(message, `static_resources.clusters[${index}]`);
      if (!read.value) throw new BootstrapError(read.problems);
      if (this.clusters.knows(read.value.name)) {
        throw new BootstrapError([
          duplicate(
            `static_resources.clusters[${index}].name`,
            `cluster manager: duplicate cluster '${read.value.name}'`,
          ),
        ]);
      }
      this.clusters.set(read.value);
    }
    for (const [index, message] of (resources.listeners ?? []).entries()) {
      const problems = this.listeners.set(message, `static_resources.listeners[${index}]`);
      if (problems.length > 0) throw new BootstrapError(problems);
    }
  }

  private listServerStats(): void {
    const { concurrency } = this.settings.line;
    listServerStats(this.store, concurrency ?? 1, this.runtime);
  }

  /** Opens the admin port, brings clusters and listeners up; resolves once the proxy is live. */
  async start(): Promise<void> {
    await this.admin?.listen();
    this.keepFlushing();
    await new Promise<void>((resolve) => this.clusters.whenPrimaryWarm(resolve));
    await this.startDynamic();
    await new Promise<void>((resolve) => this.clusters.whenAllWarm(resolve));
    await new Promise<void>((resolve) => this.listeners.start(resolve));
    const [failure] = this.listeners.failures();
    if (failure) throw new Error(`error adding listener '${failure.name}': ${failure.error}`);
    await this.dynamic?.firstListeners();
    this.live = true;
    this.store.gauge('server.live').set(1);
    this.showState();
    this.cancelTrim = this.clock.after(trimDelay, () => this.trimWhenIdle());
  }

  /** Memory is trimmed once, in the first quiet moment. */
  private trimWhenIdle(): void {
    if (this.connectionCount.total === 0) trimMemory();
    else this.cancelTrim = this.clock.after(trimDelay, () => this.trimWhenIdle());
  }

  private async startDynamic(): Promise<void> {
    if (!this.dynamic && !this.bootstrap.dynamicResources) return;
    await this.dynamicConfig().firstClusters();
  }

  private keepFlushing(): void {
    const interval = milliseconds(this.bootstrap.statsFlushInterval, 5000);
    this.cancelFlush = this.clock.after(interval, () => {
      this.flushStats();
      this.keepFlushing();
    });
  }

  private flushStats(): void {
    this.store.flush();
    this.updateServerStats();
  }

  /** Brings the gauges up to date that nobody counts. */
  updateServerStats(): void {
    const memory = process.memoryUsage();
    this.store.gauge('server.memory_allocated').set(memory.heapUsed);
    this.store.gauge('server.memory_heap_size').set(memory.heapTotal);
    this.store.gauge('server.memory_physical_size').set(memory.rss);
    this.store.gauge('server.uptime').set(Math.floor((this.clock.now() - this.startedAt) / 1000));
    this.store.gauge('server.total_connections').set(this.connectionCount.total);
  }

  get state(): ServerState {
    if (this.healthFailed) return 'DRAINING';
    return this.live ? 'LIVE' : 'PRE_INITIALIZING';
  }

  private showState(): void {
    this.store
      .gauge('server.state')
      .set({ LIVE: 0, DRAINING: 1, PRE_INITIALIZING: 2, INITIALIZING: 3 }[this.state]);
  }

  /** `/healthcheck/fail` and `/healthcheck/ok`: answers say `connection: close` while it fails. */
  failHealthCheck(fail: boolean): void {
    this.healthFailed = fail;
    if (fail) this.drain.start();
    else this.drain.stop();
    this.store.gauge('server.live').set(fail ? 0 : 1);
    this.showState();
  }

  get adminAddress(): SocketAddress | undefined {
    return this.admin?.address;
  }

  quit(): void {
    this.settings.quit?.();
  }

  reopenLogs(): void {
    this.files.reopen();
  }

  /** Ends everything at once: sockets, subscriptions, timers, files. */
  async close(): Promise<void> {
    this.cancelFlush();
    this.cancelTrim();
    this.dynamic?.close();
    this.listeners.close();
    this.clusters.close();
    this.files.close();
    await this.admin?.close();
  }

  /** Where the admin port shall be: `admin.address`. */
  adminConfigAddress(): SocketAddress | undefined {
    return socketAddress(this.bootstrap.admin?.address);
  }
}

/** The limit that the overload manager's monitor of downstream connections sets. */
function connectionLimit(bootstrap: Message): number {
  for (const { typedConfig } of bootstrap.overloadManager?.resourceMonitors ?? []) {
    if (typeName(typedConfig) === downstreamMonitor)
      return Number(typedConfig.maxActiveDownstreamConnections ?? 0);
  }
  return Number.POSITIVE_INFINITY;
}

function duplicate(path: string, message: string) {
  return { code: 'Duplicate', severity: 'error' as const, path, message };
}

/** The first address of this machine that is not loopback. */
function ownAddress(version: 'v4' | 'v6'): string {
  const family = version === 'v4' ? 'IPv4' : 'IPv6';
  for (const addresses of Object.values(networkInterfaces())) {
    for (const entry of addresses ?? []) if (!entry.internal && entry.family === family) return entry.address;
  }
  return version === 'v4' ? '127.0.0.1' : '::1';
}
