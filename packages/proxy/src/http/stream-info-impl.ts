import type { ConnectionInfo, SocketAddress } from '../connection-info.ts';
import type { StreamInfo } from '../stream-info.ts';
import type { Host } from '../upstream/types.ts';

/** The record of one request. */
export class HttpStreamInfo implements StreamInfo {
  connection: ConnectionInfo;
  readonly startedAt: number;
  readonly startedAtWallClock: number;
  protocol: StreamInfo['protocol'] = 'HTTP/1.1';
  responseCode = 0;
  responseCodeDetails = '';
  responseFlags = 0;
  bytesReceived = 0;
  bytesSent = 0;
  routeName = '';
  virtualHostName = '';
  routeMetadata: Readonly<Record<string, unknown>> | undefined = undefined;
  upstreamHost: Host | undefined = undefined;
  upstreamCluster = '';
  upstreamLocalAddress: SocketAddress | undefined = undefined;
  upstreamTransportFailureReason = '';
  connectionTerminationDetails = '';
  attemptCount = 0;
  requestId = '';
  lastDownstreamRxByte: number | undefined = undefined;
  firstUpstreamTxByte: number | undefined = undefined;
  lastUpstreamTxByte: number | undefined = undefined;
  firstUpstreamRxByte: number | undefined = undefined;
  lastUpstreamRxByte: number | undefined = undefined;
  firstDownstreamTxByte: number | undefined = undefined;
  lastDownstreamTxByte: number | undefined = undefined;
  completedAt: number | undefined = undefined;
  dynamicMetadata: Record<string, Record<string, unknown>> = {};

  constructor(connection: ConnectionInfo, startedAt: number, startedAtWallClock: number) {
    this.connection = connection;
    this.startedAt = startedAt;
    this.startedAtWallClock = startedAtWallClock;
  }
}
