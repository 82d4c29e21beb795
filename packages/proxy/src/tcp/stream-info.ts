import type { Clock } from '@lateen/kit';
import type { ConnectionInfo } from '../connection-info.ts';
import type { StreamInfo } from '../stream-info.ts';

/** The record of one TCP connection, as logs read it. */
export function createTcpStreamInfo(connection: ConnectionInfo, clock: Clock): StreamInfo {
  return {
    connection,
    startedAt: clock.monotonic(),
    startedAtWallClock: clock.now(),
    protocol: undefined,
    responseCode: 0,
    responseCodeDetails: '',
    responseFlags: 0,
    bytesReceived: 0,
    bytesSent: 0,
    routeName: '',
    virtualHostName: '',
    routeMetadata: undefined,
    upstreamHost: undefined,
    upstreamCluster: '',
    upstreamLocalAddress: undefined,
    upstreamTransportFailureReason: '',
    connectionTerminationDetails: '',
    attemptCount: 0,
    requestId: '',
    lastDownstreamRxByte: undefined,
    firstUpstreamTxByte: undefined,
    lastUpstreamTxByte: undefined,
    firstUpstreamRxByte: undefined,
    lastUpstreamRxByte: undefined,
    firstDownstreamTxByte: undefined,
    lastDownstreamTxByte: undefined,
    completedAt: undefined,
    dynamicMetadata: {},
  };
}
