import type { ConnectionPoolSettings } from '@lateen/api/istio/destination-rule';
import type { ConnectionPool } from '../../ir/destination.ts';
import type { Compiling } from '../context.ts';

type Keepalive = NonNullable<NonNullable<ConnectionPoolSettings['tcp']>['tcpKeepalive']>;

export function compilePool(settings: ConnectionPoolSettings, path: string, to: Compiling): ConnectionPool {
  const { tcp = {}, http = {} } = settings;
  const upgrade = http.h2UpgradePolicy;
  return {
    maxConnections: tcp.maxConnections || undefined,
    connectTimeout: to.duration(tcp.connectTimeout, `${path}.tcp.connectTimeout`),
    keepalive: tcp.tcpKeepalive && compileKeepalive(tcp.tcpKeepalive, `${path}.tcp.tcpKeepalive`, to),
    maxConnectionDuration: to.duration(tcp.maxConnectionDuration, `${path}.tcp.maxConnectionDuration`),
    tcpIdleTimeout: to.duration(tcp.idleTimeout, `${path}.tcp.idleTimeout`),
    maxPendingRequests: http.http1MaxPendingRequests || undefined,
    maxRequests: http.http2MaxRequests || undefined,
    maxRequestsPerConnection: http.maxRequestsPerConnection || undefined,
    maxRetries: http.maxRetries || undefined,
    httpIdleTimeout: to.duration(http.idleTimeout, `${path}.http.idleTimeout`),
    h2Upgrade: upgrade === 'UPGRADE' || upgrade === 'DO_NOT_UPGRADE' ? upgrade : undefined,
    useClientProtocol: http.useClientProtocol === true,
    maxConcurrentStreams: http.maxConcurrentStreams || undefined,
    http2Keepalive: http.http2KeepAlive && {
      interval: to.duration(http.http2KeepAlive.interval, `${path}.http.http2KeepAlive.interval`),
      timeout: to.duration(http.http2KeepAlive.timeout, `${path}.http.http2KeepAlive.timeout`),
    },
  };
}

export function compileKeepalive(
  keepalive: Keepalive,
  path: string,
  to: Compiling,
): ConnectionPool['keepalive'] {
  return {
    probes: keepalive.probes || undefined,
    time: to.duration(keepalive.time, `${path}.time`),
    interval: to.duration(keepalive.interval, `${path}.interval`),
  };
}
