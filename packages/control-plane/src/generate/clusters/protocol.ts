import type { ConnectionPool } from '../../ir/destination.ts';
import { isHttp, isHttp2, isSniffed, type ServicePort } from '../../ir/service.ts';
import { defined, duration, type Json, typed } from '../context.ts';

const name = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

export interface ProtocolChoice {
  /** The mesh upgrades HTTP/1.1 to HTTP/2 where a policy says nothing. */
  readonly upgradeAll: boolean;
  /** Clients of a port without a declared protocol may speak either. */
  readonly sniff: boolean;
  /** How the TLS server name is chosen, if not by configuration. */
  readonly serverName?: Json;
}

/** What HTTP is spoken to the endpoints; undefined where Envoy's own defaults are meant. */
export function protocolOptions(
  port: ServicePort,
  pool: ConnectionPool | undefined,
  choice: ProtocolChoice,
): Json | undefined {
  const common = commonOptions(pool);
  const protocol = protocolConfig(port, pool, choice);
  if (!common && !protocol && !choice.serverName) return undefined;
  return {
    [name]: typed(name, {
      commonHttpProtocolOptions: common,
      upstreamHttpProtocolOptions: choice.serverName,
      ...(protocol ?? { explicitHttpConfig: { httpProtocolOptions: {} } }),
    }),
  };
}

function commonOptions(pool: ConnectionPool | undefined): Json | undefined {
  const options = defined({
    idleTimeout: pool?.httpIdleTimeout === undefined ? undefined : duration(pool.httpIdleTimeout),
    maxConnectionDuration:
      pool?.maxConnectionDuration === undefined ? undefined : duration(pool.maxConnectionDuration),
    maxRequestsPerConnection: pool?.maxRequestsPerConnection,
  });
  return Object.keys(options).length > 0 ? options : undefined;
}

function protocolConfig(
  port: ServicePort,
  pool: ConnectionPool | undefined,
  choice: ProtocolChoice,
): Json | undefined {
  const http2 = http2Options(pool);
  if (speaksHttp2(port, pool, choice.upgradeAll))
    return { explicitHttpConfig: { http2ProtocolOptions: http2 } };
  if (pool?.useClientProtocol || (choice.sniff && isSniffed(port.protocol))) {
    return { useDownstreamProtocolConfig: { http2ProtocolOptions: http2, httpProtocolOptions: {} } };
  }
  return undefined;
}

/** Whether HTTP/2 is spoken to the endpoints whatever the client speaks. */
export function speaksHttp2(
  port: ServicePort,
  pool: ConnectionPool | undefined,
  upgradeAll: boolean,
): boolean {
  return isHttp2(port.protocol) || upgrades(port, pool, upgradeAll);
}

function upgrades(port: ServicePort, pool: ConnectionPool | undefined, upgradeAll: boolean): boolean {
  if (!isHttp(port.protocol) || pool?.useClientProtocol) return false;
  return pool?.h2Upgrade ? pool.h2Upgrade === 'UPGRADE' : upgradeAll;
}

function http2Options(pool: ConnectionPool | undefined): Json {
  const keepalive = pool?.http2Keepalive;
  return defined({
    maxConcurrentStreams: pool?.maxConcurrentStreams,
    connectionKeepalive: keepalive && {
      ...(keepalive.interval === undefined ? {} : { interval: duration(keepalive.interval) }),
      ...(keepalive.timeout === undefined ? {} : { timeout: duration(keepalive.timeout) }),
    },
  });
}
