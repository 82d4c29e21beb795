import type { ConnectionInfo, SocketAddress } from './connection-info.ts';
import type { Host } from './upstream/types.ts';

/** Everything that access logs, stats and header formatters may ask about one stream (an HTTP request or a TCP connection). */
export interface StreamInfo {
  readonly connection: ConnectionInfo;
  /** `performance.now()` when the stream began. */
  readonly startedAt: number;
  /** Unix milliseconds when the stream began. */
  readonly startedAtWallClock: number;
  protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2' | undefined;
  responseCode: number;
  responseCodeDetails: string;
  /** Bit set; see telemetry/response-flags.ts. */
  responseFlags: number;
  bytesReceived: number;
  bytesSent: number;
  routeName: string;
  virtualHostName: string;
  /** Why this route: `filter_metadata` of the route message, as the control plane wrote it. */
  routeMetadata: Readonly<Record<string, unknown>> | undefined;
  upstreamHost: Host | undefined;
  upstreamCluster: string;
  upstreamLocalAddress: SocketAddress | undefined;
  upstreamTransportFailureReason: string;
  connectionTerminationDetails: string;
  attemptCount: number;
  requestId: string;
  /** Milliseconds since `startedAt`; undefined until they happen. */
  lastDownstreamRxByte: number | undefined;
  firstUpstreamTxByte: number | undefined;
  lastUpstreamTxByte: number | undefined;
  firstUpstreamRxByte: number | undefined;
  lastUpstreamRxByte: number | undefined;
  firstDownstreamTxByte: number | undefined;
  lastDownstreamTxByte: number | undefined;
  completedAt: number | undefined;
  dynamicMetadata: Record<string, Record<string, unknown>>;
}

/** What a network filter (HTTP connection manager, TCP proxy) is given for each connection. */
export interface DownstreamConnection {
  readonly socket: import('node:net').Socket;
  readonly info: ConnectionInfo;
  /** Bytes that listener filters have already read. */
  readonly initialData: Buffer | undefined;
  readonly drain: DrainSignal;
}

/** Fires when the listener (or the server) starts draining: HTTP answers then say `connection: close`. */
export interface DrainSignal {
  readonly draining: boolean;
  onDrain(callback: () => void): () => void;
}
