import type { ConnectionInfo } from '../connection-info.ts';
import type { Counter, Gauge, StatsScope } from '../telemetry/stats.ts';

/** One endpoint of a cluster. Identity is the object: a host that stays across an update stays the same object. */
export interface Host {
  readonly address: string;
  readonly port: number;
  /** `address:port`, or the pipe path. */
  readonly key: string;
  readonly hostname: string;
  weight: number;
  readonly priority: number;
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string };
  /** Canonical JSON of `lb_endpoint.metadata.filter_metadata`. */
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What EDS or active health checking says. */
  healthy: boolean;
  degraded: boolean;
  /** True while outlier detection has it ejected. */
  ejected: boolean;
  /** Requests under way; what LEAST_REQUEST compares. */
  activeRequests: number;
  activeConnections: number;
}

/** What a balancer may look at when it chooses. */
export interface LoadBalancerContext {
  readonly downstream?: ConnectionInfo;
  /** 64-bit hash from the route's hash policy. */
  readonly hash?: bigint;
  /** `envoy.lb` metadata of the route for subset balancing. */
  readonly metadataMatch?: Readonly<Record<string, unknown>>;
  /** Hosts already tried for this request (retry host predicates). */
  readonly avoid?: (host: Host) => boolean;
  /** How often to choose anew when `avoid` says so. */
  readonly maxSelectionAttempts?: number;
  /** Restores the original destination in ORIGINAL_DST clusters; `address:port`. */
  readonly originalDestination?: string;
}

export type RoutingPriority = 'DEFAULT' | 'HIGH';

/** Circuit breaker limits of one priority; each try* takes a slot or counts an overflow and returns false. */
export interface ResourceManager {
  tryConnection(): boolean;
  releaseConnection(): void;
  tryPending(): boolean;
  releasePending(): void;
  tryRequest(): boolean;
  releaseRequest(): void;
  /** `activeRequests` scales a retry budget. */
  tryRetry(): boolean;
  releaseRetry(): void;
}

/** How an attempt on a host ended; outlier detection counts it. */
export type UpstreamResult =
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'local-origin-success' }
  | { readonly kind: 'local-origin-failure'; readonly reason: 'connect-failed' | 'timeout' | 'reset' };

export interface ClusterStats {
  readonly scope: StatsScope;
  readonly upstreamCxTotal: Counter;
  readonly upstreamCxActive: Gauge;
  readonly upstreamCxConnectFail: Counter;
  readonly upstreamCxConnectTimeout: Counter;
  readonly upstreamRqTotal: Counter;
  readonly upstreamRqActive: Gauge;
  counter(name: string): Counter;
  gauge(name: string): Gauge;
}

/** What the router and the TCP proxy need of a cluster. */
export interface Cluster {
  readonly name: string;
  /** Validated cluster message, canonical JSON, for options that only one reader needs. */
  readonly message: Readonly<Record<string, any>>;
  readonly stats: ClusterStats;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** 0 means no limit. */
  readonly maxRequestsPerConnection: number;
  /** Milliseconds an upstream connection may stay idle; 0 means for ever. */
  readonly idleTimeout: number;
  readonly maintenanceMode: boolean;
  resources(priority: RoutingPriority): ResourceManager;
  chooseHost(context: LoadBalancerContext): Host | undefined;
  /** `undefined` when none is usable now. */
  hosts(): readonly Host[];
  report(host: Host, result: UpstreamResult): void;
  /** Called when the cluster is replaced or removed; pools drain. Returns the function that unsubscribes. */
  onRemoved(callback: () => void): () => void;
  onHostsRemoved(callback: (hosts: readonly Host[]) => void): () => void;
}

export interface ClusterManager {
  get(name: string): Cluster | undefined;
  names(): readonly string[];
  /** What the HTTP path keeps for as long as the clusters live; nobody else looks at it. */
  httpPools?: object;
}
