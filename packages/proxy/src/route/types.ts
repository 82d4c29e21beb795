import type { RequestHeaders } from '../http/header-list.ts';
import type { HeaderView, Message, RouteTableValue } from '../http/types.ts';
import type { Counter } from '../telemetry/stats.ts';
import type { RoutingPriority } from '../upstream/types.ts';
import type { HashSource } from './hash-policy.ts';
import type { HeaderOps } from './header-ops.ts';
import type { PathMatch } from './path-match.ts';
import type { Redirect } from './redirect.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { HostRewrite, PathRewrite } from './rewrite.ts';

/** Configuration of one filter for one route, virtual host or weighted cluster. */
export interface PerFilterConfig {
  readonly disabled: boolean;
  readonly config: unknown;
}

export type PerFilterConfigs = ReadonlyMap<string, PerFilterConfig>;

/** One level of header mutations and filter configuration; a route has several of them. */
export interface ConfigLevel {
  readonly request: HeaderOps | undefined;
  readonly response: HeaderOps | undefined;
  readonly perFilter: PerFilterConfigs | undefined;
}

export interface RouteTable extends RouteTableValue {
  readonly kind: 'table';
  readonly level: ConfigLevel;
  readonly internalOnlyHeaders: readonly string[];
  readonly mostSpecificWins: boolean;
  findVirtualHost(headers: RequestHeaders): VirtualHost | undefined;
}

export interface VirtualHost {
  readonly name: string;
  readonly level: ConfigLevel;
  readonly routes: readonly Route[];
  readonly requireTls: 'NONE' | 'EXTERNAL_ONLY' | 'ALL';
  readonly includeAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  readonly virtualClusters: readonly VirtualCluster[];
  readonly cors: unknown;
  readonly rateLimits: readonly Message[];
  readonly retryPolicy: Message | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

export interface VirtualCluster {
  readonly name: string;
  matches(headers: HeaderView): boolean;
}

/** What matching may ask for besides the headers. */
export interface MatchContext {
  /** A number in [0, 1) that stays the same for one request. */
  random(): number;
  readonly isTls: boolean;
  readonly dynamicMetadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Route {
  readonly name: string;
  readonly virtualHost: VirtualHost;
  readonly table: RouteTable;
  readonly level: ConfigLevel;
  readonly path: PathMatch;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly statPrefix: string;
  readonly action: RouteAction;
  readonly rateLimits: readonly Message[];
  /** Levels from the most specific on, without weighted clusters. */
  readonly levels: readonly ConfigLevel[];
  matches(path: string, headers: RequestHeaders, context: MatchContext): boolean;
}

export type RouteAction =
  | { readonly kind: 'redirect'; readonly redirect: Redirect }
  | { readonly kind: 'direct'; readonly status: number; readonly body: Buffer }
  | { readonly kind: 'none' }
  | ForwardAction;

export interface WeightedCluster {
  readonly name: string | undefined;
  readonly header: string | undefined;
  readonly weight: number;
  readonly level: ConfigLevel;
  readonly hostRewrite: HostRewrite | undefined;
  readonly metadataMatch: Readonly<Record<string, unknown>> | undefined;
  /** This cluster's level followed by the route's. */
  readonly levels: readonly ConfigLevel[];
}

export interface Mirror {
  readonly cluster: string | undefined;
  readonly header: string | undefined;
  readonly runtimeKey: string;
  /** Chance between 0 and 1. */
  readonly fraction: number;
  readonly appendShadow: boolean;
  readonly hostRewrite: string | undefined;
  readonly request: HeaderOps | undefined;
}

export interface InternalRedirect {
  readonly maxCount: number;
  readonly codes: readonly number[];
  readonly allowCrossScheme: boolean;
  readonly safeCrossScheme: boolean;
}

/** Times in milliseconds; undefined where the connection manager's or a default counts. */
export interface ForwardAction {
  readonly kind: 'forward';
  readonly cluster: string | undefined;
  readonly clusterHeader: string | undefined;
  readonly weighted: readonly WeightedCluster[] | undefined;
  readonly weightedTotal: number;
  readonly weightedHeader: string | undefined;
  readonly weightedByHash: boolean;
  readonly clusterNotFoundCode: number;
  readonly timeout: number;
  /** `max_stream_duration` is there: then `timeout` does not count. */
  readonly limitsDuration: boolean;
  readonly idleTimeout: number | undefined;
  readonly maxStreamDuration: number | undefined;
  readonly grpcHeaderMax: number | undefined;
  readonly grpcHeaderOffset: number;
  /** The older form: `max_grpc_timeout`. */
  readonly maxGrpcTimeout: number | undefined;
  readonly grpcTimeoutOffset: number;
  readonly retry: RetryPolicy;
  readonly priority: RoutingPriority;
  readonly hash: HashSource | undefined;
  readonly pathRewrite: PathRewrite | undefined;
  readonly hostRewrite: HostRewrite | undefined;
  readonly appendForwardedHost: boolean;
  readonly mirrors: readonly Mirror[];
  readonly upgrades: ReadonlyMap<
    string,
    { readonly enabled: boolean; readonly connect: Message | undefined }
  >;
  readonly internalRedirect: InternalRedirect | undefined;
  readonly metadataMatch: Readonly<Record<string, unknown>> | undefined;
  readonly includeVirtualHostRateLimits: boolean;
  readonly cors: unknown;
}

/** What a request was matched to. */
export interface Match {
  readonly route: Route;
  readonly weighted: WeightedCluster | undefined;
}

export type { Counter };
