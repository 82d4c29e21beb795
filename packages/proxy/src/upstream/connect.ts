import { connect, type OnReadOpts, type Socket } from 'node:net';
import { milliseconds } from '../config/values.ts';
import type { UpstreamHost } from './host.ts';
import type { Cluster, Host } from './types.ts';

/** How to open a socket to a host of one cluster; computed once for each cluster. */
export interface SocketOptions {
  readonly localAddress: string | undefined;
  readonly keepAlive: boolean;
  readonly keepAliveDelay: number;
}

export function socketOptions(
  message: Readonly<Record<string, any>>,
  bootstrapBind?: Readonly<Record<string, any>>,
): SocketOptions {
  const bind = message.upstreamBindConfig ?? bootstrapBind;
  const source = bind?.sourceAddress?.address;
  const keepalive = message.upstreamConnectionOptions?.tcpKeepalive;
  return {
    localAddress: source && source !== '0.0.0.0' && source !== '::' ? source : undefined,
    keepAlive: keepalive !== undefined,
    keepAliveDelay: (keepalive?.keepaliveTime ?? 0) * 1000,
  };
}

/** Begins to connect; the caller listens for `connect`, `error` and its own timeout. Writes go out at once, half-open is kept. */
export function openSocket(
  host: Pick<Host, 'address' | 'port'>,
  options: SocketOptions,
  onread?: OnReadOpts,
): Socket {
  if (host.address.startsWith('/')) return connect({ path: host.address, allowHalfOpen: true, onread });
  return connect({
    host: host.address,
    port: host.port,
    localAddress: options.localAddress,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: options.keepAlive,
    keepAliveInitialDelay: options.keepAliveDelay,
    autoSelectFamily: false,
    onread,
  });
}

/** What access logs say about a socket that could not be connected: `delayed connect error: Connection refused`. */
export function connectFailure(error: NodeJS.ErrnoException): string {
  return `delayed connect error: ${errorTexts[error.code ?? ''] ?? error.message}`;
}

const errorTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
  EINVAL: 'Invalid argument',
  ENOENT: 'No such file or directory',
};

const plainSockets = new Set(['envoy.transport_sockets.raw_buffer', 'raw_buffer']);

/** Why no plain connection may be made to this host; undefined when it may. */
export function refusedTransport(
  cluster: Pick<Cluster, 'message'>,
  host: Pick<UpstreamHost, 'metadata'>,
): string | undefined {
  const socket = transportSocket(cluster.message, host);
  if (!socket || isPlain(socket)) return undefined;
  return `the transport socket ${socket.name} is not supported yet`;
}

function transportSocket(
  message: Readonly<Record<string, any>>,
  host: Pick<UpstreamHost, 'metadata'>,
): Readonly<Record<string, any>> | undefined {
  const wanted = host.metadata['envoy.transport_socket_match'] ?? {};
  for (const candidate of message.transportSocketMatches ?? []) {
    const criteria = Object.entries(candidate.match ?? {});
    if (criteria.every(([key, value]) => wanted[key] === value)) return candidate.transportSocket;
  }
  return message.transportSocket;
}

function isPlain(socket: Readonly<Record<string, any>>): boolean {
  const type = String(socket.typedConfig?.['@type'] ?? '');
  if (type.endsWith('raw_buffer.v3.RawBuffer')) return true;
  if (/internal_upstream|proxy_protocol.*UpstreamTransport/.test(type))
    return isPlain(socket.typedConfig.transportSocket ?? {});
  return type === '' && plainSockets.has(socket.name);
}

export const connectTimeout = (message: Readonly<Record<string, any>>) =>
  milliseconds(message.connectTimeout, 5000);
