import type { Clock } from '@lateen/kit';
import type { ClusterConfig } from '../config/cluster.ts';
import { type Assignment, type EndpointSpec, emptyAssignment } from '../config/endpoints.ts';
import { milliseconds } from '../config/values.ts';
import type { Random, Runtime } from '../http/types.ts';
import type { StatsScope } from '../telemetry/stats.ts';
import { createBalancer } from './balance/index.ts';
import type { Balancer } from './balance/types.ts';
import { createClusterStats } from './cluster-stats.ts';
import { connectTimeout, type SocketOptions, socketOptions } from './connect.ts';
import { DnsDiscovery, type Resolve } from './dns.ts';
import { HealthChecker } from './health-check.ts';
import { hostKey, UpstreamHost } from './host.ts';
import { isDegraded, isExcluded, isHealthy, pictureHosts } from './host-set.ts';
import { MergeWindow } from './merge-window.ts';
import { OriginalDestinations } from './original-dst.ts';
import { OutlierDetector } from './outlier.ts';
import { CircuitBreakers, resourceLimits } from './resources.ts';
import type {
  Cluster,
  ClusterStats,
  Host,
  LoadBalancerContext,
  RoutingPriority,
  UpstreamResult,
} from './types.ts';

type Message = Readonly<Record<string, any>>;

export interface ClusterEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: Runtime;
  readonly stats: StatsScope;
  readonly resolve: Resolve;
  /** `cluster_manager.upstream_bind_config` of the bootstrap. */
  readonly bind: Message | undefined;
}

const hourMs = 3_600_000;

/** One cluster at work: its hosts, their health, and the choice among them. */
export class RuntimeCluster implements Cluster {
  readonly name: string;
  readonly config: ClusterConfig;
  readonly message: Message;
  readonly stats: ClusterStats;
  readonly connectTimeout: number;
  readonly maxRequestsPerConnection: number;
  readonly idleTimeout: number;
  readonly sockets: SocketOptions;
  readonly breakers: Readonly<Record<RoutingPriority, CircuitBreakers>>;
  readonly outlier: OutlierDetector | undefined;
  readonly addedViaApi: boolean;
  assignment: Assignment;
  private members: UpstreamHost[] = [];
  private balancer: Balancer;
  private readonly environment: ClusterEnvironment;
  private readonly health: HealthChecker | undefined;
  private readonly destinations: OriginalDestinations | undefined;
  private readonly dns: DnsDiscovery | undefined;
  private readonly window: MergeWindow;
  private readonly removedListeners = new Set<() => void>();
  private readonly hostListeners = new Set<(hosts: readonly Host[]) => void>();
  private readonly readyListeners = new Set<() => void>();
  private resolved = false;
  private closed = false;

  constructor(config: ClusterConfig, environment: ClusterEnvironment, addedViaApi: boolean) {
    this.name = config.name;
    this.config = config;
    this.message = config.message;
    this.addedViaApi = addedViaApi;
    this.environment = environment;
    const scope = environment.stats.scope(`cluster.${config.statName}`);
    this.stats = createClusterStats(scope);
    const options = httpOptions(config.message);
    this.connectTimeout = connectTimeout(config.message);
    this.maxRequestsPerConnection =
      options.maxRequestsPerConnection ?? config.message.maxRequestsPerConnection ?? 0;
    this.idleTimeout = milliseconds(options.idleTimeout, hourMs);
    this.sockets = socketOptions(config.message, environment.bind);
    this.breakers = createBreakers(config.message, scope);
    this.assignment = config.assignment;
    this.window = new MergeWindow(config.mergeWindow, environment.clock, () => this.refreshBalancer());
    this.balancer = this.createBalancer();
    this.outlier = this.createOutlier(scope);
    this.health = this.createHealthChecker(scope);
    this.destinations = this.createDestinations();
    this.dns = this.startDiscovery();
  }

  private createBalancer(): Balancer {
    const { random, clock } = this.environment;
    const { overprovisioning } = this.assignment;
    return createBalancer(this.config, {
      random,
      monotonic: () => clock.monotonic(),
      stats: this.stats.scope,
      overprovisioning,
    });
  }

  private createOutlier(scope: StatsScope): OutlierDetector | undefined {
    if (!this.message.outlierDetection) return undefined;
    return new OutlierDetector(this.message.outlierDetection, scope, {
      clock: this.environment.clock,
      random: this.environment.random,
      runtime: this.environment.runtime,
      hosts: () => this.members,
      changed: () => this.healthChanged(),
    });
  }

  private createHealthChecker(scope: StatsScope): HealthChecker | undefined {
    const check = this.message.healthChecks?.[0];
    if (!check) return undefined;
    return new HealthChecker(check, scope, {
      clock: this.environment.clock,
      random: this.environment.random,
      socket: this.sockets,
      hasTraffic: () => this.stats.upstreamCxTotal.value > 0,
      clusterName: this.name,
      changed: () => this.healthChanged(),
    });
  }

  private createDestinations(): OriginalDestinations | undefined {
    if (this.config.discovery !== 'ORIGINAL_DST') return undefined;
    const invalid = this.stats.counter('original_dst_host_invalid');
    return new OriginalDestinations(this.config, invalid, this.environment.clock, (removed) => {
      this.members = this.destinations?.hosts() ?? [];
      this.showMembership();
      this.announceRemoved(removed);
    });
  }

  private startDiscovery(): DnsDiscovery | undefined {
    const { discovery, assignment } = this.config;
    if (discovery === 'STATIC') this.setEndpoints(assignment.endpoints);
    if (discovery === 'ORIGINAL_DST') this.resolved = true;
    if (discovery !== 'STRICT_DNS' && discovery !== 'LOGICAL_DNS') return undefined;
    const { clock, resolve } = this.environment;
    return new DnsDiscovery(this.config, this.stats.scope, clock, resolve, (endpoints) =>
      this.setEndpoints(endpoints),
    );
  }

  /** The newest ClusterLoadAssignment of an EDS cluster. */
  assign(assignment: Assignment): void {
    const remake = assignment.overprovisioning !== this.assignment.overprovisioning;
    this.assignment = assignment;
    if (remake) this.balancer = this.createBalancer();
    this.setEndpoints(assignment.endpoints);
  }

  /** No assignment came in time: the cluster starts empty. */
  giveUpWaiting(): void {
    if (!this.resolved) this.setEndpoints([]);
  }

  /** True while a first assignment or a first round of health checks is still out. */
  get warming(): boolean {
    return !this.resolved || this.members.some((host) => host.pendingHealthCheck);
  }

  /** Calls back once, when the cluster is warm; at once if it is. */
  whenWarm(callback: () => void): void {
    if (this.warming) this.readyListeners.add(callback);
    else callback();
  }

  private setEndpoints(endpoints: readonly EndpointSpec[]): void {
    const before = new Map(this.members.map((host) => [host.key, host]));
    const seen = new Set<string>();
    const next: UpstreamHost[] = [];
    let changed = false;
    for (const endpoint of endpoints) {
      const key = hostKey(endpoint.address, endpoint.port);
      if (seen.has(key)) continue;
      seen.add(key);
      const old = before.get(key);
      const kept = old && sameHost(old, endpoint) ? old : undefined;
      if (kept) changed = kept.adopt(endpoint) || changed;
      next.push(kept ?? this.createHost(endpoint));
    }
    const removed = this.members.filter((host) => !next.includes(host));
    const added = next.some((host) => before.get(host.key) !== host);
    const first = !this.resolved;
    this.resolved = true;
    this.members = next;
    this.settle(removed, added, changed, first);
  }

  private settle(removed: readonly UpstreamHost[], added: boolean, changed: boolean, first: boolean): void {
    const membership = added || removed.length > 0;
    if (membership) this.stats.counter('membership_change').inc();
    for (const host of removed) this.outlier?.forget(host);
    this.health?.update(this.members);
    this.showMembership();
    if (membership || first) this.window.now();
    else if (changed) this.window.later();
    else this.stats.counter('update_no_rebuild').inc();
    this.announceRemoved(removed);
    this.announceReady();
  }

  private createHost(endpoint: EndpointSpec): UpstreamHost {
    const host = new UpstreamHost(endpoint);
    host.since = this.environment.clock.monotonic();
    return host;
  }

  private announceRemoved(removed: readonly UpstreamHost[]): void {
    if (removed.length > 0) for (const listener of [...this.hostListeners]) listener(removed);
  }

  private announceReady(): void {
    if (this.warming) return;
    const listeners = [...this.readyListeners];
    this.readyListeners.clear();
    for (const listener of listeners) listener();
  }

  private healthChanged(): void {
    this.showMembership();
    if (this.readyListeners.size > 0) this.window.now();
    else this.window.later();
    this.announceReady();
  }

  private refreshBalancer(): void {
    if (this.closed) return;
    const common = this.message.commonLbConfig ?? {};
    this.balancer.update(
      pictureHosts(this.members, this.assignment.localityWeights, {
        localityWeighted: this.config.localityWeighted,
        ignoreNewHosts: common.ignoreNewHostsUntilFirstHc === true,
      }),
    );
  }

  private showMembership(): void {
    const { members } = this;
    this.stats.gauge('membership_total').set(members.length);
    this.stats.gauge('membership_healthy').set(members.filter(isHealthy).length);
    this.stats.gauge('membership_degraded').set(members.filter(isDegraded).length);
    const ignore = this.message.commonLbConfig?.ignoreNewHostsUntilFirstHc === true;
    const excluded = members.filter((host) => isExcluded(host, ignore));
    this.stats.gauge('membership_excluded').set(excluded.length);
    if (this.config.discovery === 'EDS')
      this.stats.gauge('max_host_weight').set(members.reduce((max, host) => Math.max(max, host.weight), 0));
  }

  get maintenanceMode(): boolean {
    const percent = this.environment.runtime.number(`upstream.maintenance_mode.${this.name}`, 0);
    return percent > 0 && this.environment.random.next() * 100 < percent;
  }

  resources(priority: RoutingPriority): CircuitBreakers {
    return this.breakers[priority];
  }

  chooseHost(context: LoadBalancerContext): UpstreamHost | undefined {
    const attempts = context.avoid ? Math.max(1, context.maxSelectionAttempts ?? 1) : 1;
    let host: UpstreamHost | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      host = this.destinations ? this.destinations.choose(context) : this.balancer.choose(context, attempt);
      if (!host || !context.avoid?.(host)) return host;
    }
    return host;
  }

  hosts(): readonly UpstreamHost[] {
    return this.members;
  }

  report(host: Host, result: UpstreamResult): void {
    const own = host as UpstreamHost;
    if (result.kind === 'response') {
      if (result.status >= 500) own.requestsFailed++;
      else own.requestsSucceeded++;
    } else if (result.kind === 'local-origin-failure') {
      if (result.reason === 'connect-failed') own.connectFailures++;
      if (result.reason === 'timeout') own.requestsTimedOut++;
    }
    this.outlier?.report(own, result);
  }

  onRemoved(callback: () => void): () => void {
    this.removedListeners.add(callback);
    return () => this.removedListeners.delete(callback);
  }

  onHostsRemoved(callback: (hosts: readonly Host[]) => void): () => void {
    this.hostListeners.add(callback);
    return () => this.hostListeners.delete(callback);
  }

  /** Ends discovery, health checks and timers; those who hold the cluster are told to drain. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.window.close();
    this.dns?.close();
    this.health?.close();
    this.outlier?.close();
    this.destinations?.close();
    for (const listener of [...this.removedListeners]) listener();
    this.removedListeners.clear();
    this.hostListeners.clear();
    for (const listener of [...this.readyListeners]) listener();
    this.readyListeners.clear();
  }
}

function sameHost(host: UpstreamHost, endpoint: EndpointSpec): boolean {
  const { locality } = endpoint;
  return (
    host.hostname === endpoint.hostname &&
    host.locality.region === locality.region &&
    host.locality.zone === locality.zone &&
    host.locality.subZone === locality.subZone
  );
}

const httpOptionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

function httpOptions(message: Message): Message {
  return (
    message.typedExtensionProtocolOptions?.[httpOptionsName]?.commonHttpProtocolOptions ??
    message.commonHttpProtocolOptions ??
    {}
  );
}

function createBreakers(message: Message, scope: StatsScope): Record<RoutingPriority, CircuitBreakers> {
  const thresholds: readonly Message[] = message.circuitBreakers?.thresholds ?? [];
  const of = (priority: RoutingPriority) =>
    thresholds.find((threshold) => (threshold.priority ?? 'DEFAULT') === priority);
  return {
    DEFAULT: new CircuitBreakers(resourceLimits(of('DEFAULT')), 'default', scope),
    HIGH: new CircuitBreakers(resourceLimits(of('HIGH')), 'high', scope),
  };
}

export { emptyAssignment };
