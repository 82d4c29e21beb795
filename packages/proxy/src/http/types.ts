import type { Clock, Problem, Result } from '@lateen/kit';
import type { ConnectionInfo, SocketAddress } from '../connection-info.ts';
import type { DownstreamConnection, DrainSignal, StreamInfo } from '../stream-info.ts';
import type { StatsScope } from '../telemetry/stats.ts';
import type { ClusterManager } from '../upstream/types.ts';

/** A canonical JSON message that the codec has validated. */
export type Message = Readonly<Record<string, any>>;

/** The HttpConnectionManager message in canonical JSON. */
export type HcmConfig = Message;

/** What formats and log filters see of a header map. Names are lower case; pseudo headers begin with a colon. */
export interface HeaderView {
  /** All values of the name joined by `,`; undefined when it is absent. */
  get(name: string): string | undefined;
  /** First value only. */
  first(name: string): string | undefined;
  /** Whether `test` holds for any of the values; undefined when the name is absent. */
  someValue?(name: string, test: (value: string) => boolean): boolean | undefined;
  /** Sum of the lengths of names and values, as `%REQUEST_HEADERS_BYTES%` counts. */
  readonly byteSize: number;
}

export interface FormatContext {
  readonly info: StreamInfo;
  readonly request: HeaderView | undefined;
  readonly response: HeaderView | undefined;
  readonly trailers: HeaderView | undefined;
  /** `%LOCAL_REPLY_BODY%`. */
  readonly localReplyBody?: string;
}

/** A compiled `%OPERATOR%` format; a missing value prints `-`, or nothing when compiled with `omitEmpty`. */
export type Formatter = (context: FormatContext) => string;

export type AccessLogWriter = (context: FormatContext) => void;

/** Draws from here are the only randomness of the HTTP path. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  uuid(): string;
}

/** Runtime flags of the bootstrap's layered runtime. */
export interface Runtime {
  /** The number under `key`, or `fallback` when it is not set. */
  number(key: string, fallback: number): number;
  boolean(key: string, fallback: boolean): boolean;
}

export interface RouteTableHandle {
  /** The table of the newest accepted RouteConfiguration; undefined until one has arrived. */
  readonly current: RouteTableValue | undefined;
  release(): void;
}

/** Opaque to all but `route/`: what `compileRouteConfiguration` returns. */
export interface RouteTableValue {
  readonly name: string;
}

export interface HttpDependencies {
  readonly clusters: ClusterManager;
  /** RDS: a handle on the named configuration, compiled with `compileRouteConfiguration` on each update. */
  readonly routes: (name: string) => RouteTableHandle;
  /** The root scope; the manager appends `http.PREFIX.` and the like itself. */
  readonly stats: StatsScope;
  /** `listener.ADDRESS.`; answers are counted below it too. */
  readonly listenerStats?: StatsScope;
  /** Compiles one `envoy.config.accesslog.v3.AccessLog` message. */
  readonly createAccessLogger: (config: Message, path: string) => Result<AccessLogWriter | undefined>;
  /** Compiles a format string as used in header values and local replies. */
  readonly compileFormat: (
    format: string,
    path: string,
    options?: { readonly omitEmpty?: boolean },
  ) => Result<Formatter | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: Runtime;
  /** Drains with the server. */
  readonly drain: DrainSignal;
  readonly node: { readonly id: string; readonly cluster: string; readonly zone: string };
  /** The machine's own address, which `use_remote_address` appends for loopback clients. */
  readonly localAddress: string;
  /** Whether static routes to clusters that are not there are refused (as far as `validate_clusters` asks). */
  readonly knowsCluster?: (name: string) => boolean;
}

/** What a filter chain ends in. One object serves all connections of its chain. */
export interface NetworkFilter {
  onConnection(connection: DownstreamConnection): void;
  /** Answers say `connection: close`, idle connections close. */
  drain(): void;
  /** Closes every connection now. */
  close(): void;
  readonly activeConnections: number;
}

export type { ConnectionInfo, Problem, Result, SocketAddress };
