import type { Cluster } from '../../upstream/types.ts';
import type { HeaderLimits } from '../codec/head-lines.ts';
import type { NameStyle } from '../codec/serialize.ts';
import { nameStyle } from '../config/name-style.ts';
import { duration } from '../config/values.ts';
import type { Message } from '../types.ts';

/** What a cluster says about HTTP/1 towards its hosts. */
export interface PoolOptions {
  readonly limits: HeaderLimits;
  readonly enableTrailers: boolean;
  readonly nameStyle: NameStyle;
  readonly maxRequestsPerConnection: number;
  /** Milliseconds; 0 is for ever. */
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  /** The longest that one request may take on the cluster. */
  readonly maxStreamDuration: number;
  /** Local address to bind to. */
  readonly bind: { readonly localAddress?: string; readonly localPort?: number };
  /** The cluster's hosts speak only what is not there yet. */
  readonly unsupported: string | undefined;
}

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const maxResponseHeadersBytes = 60 * 1024;

/** The HttpProtocolOptions extension of a cluster, if it has one. */
export function httpProtocolOptions(cluster: Cluster): Message {
  return cluster.message.typedExtensionProtocolOptions?.[optionsName] ?? {};
}

export function poolOptions(cluster: Cluster): PoolOptions {
  const options = httpProtocolOptions(cluster);
  const common: Message =
    options.commonHttpProtocolOptions ?? cluster.message.commonHttpProtocolOptions ?? {};
  const explicit: Message = options.explicitHttpConfig ?? {};
  const http1: Message =
    explicit.httpProtocolOptions ??
    options.useDownstreamProtocolConfig?.httpProtocolOptions ??
    options.autoConfig?.httpProtocolOptions ??
    cluster.message.httpProtocolOptions ??
    {};
  const style = nameStyle(http1.headerKeyFormat);
  return {
    limits: {
      maxBytes: (common.maxResponseHeadersKb ?? 0) * 1024 || maxResponseHeadersBytes,
      maxCount: common.maxHeadersCount ?? 100,
      underscores: 'ALLOW',
      preserveCase: style === 'preserve',
    },
    enableTrailers: http1.enableTrailers ?? false,
    nameStyle: style,
    maxRequestsPerConnection: common.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection,
    idleTimeout: common.idleTimeout === undefined ? cluster.idleTimeout : duration(common.idleTimeout),
    maxConnectionDuration: duration(common.maxConnectionDuration ?? '0s'),
    maxStreamDuration: duration(common.maxStreamDuration ?? '0s'),
    bind: bindAddress(cluster),
    unsupported: unsupportedReason(cluster, explicit),
  };
}

function bindAddress(cluster: Cluster): PoolOptions['bind'] {
  const source = cluster.message.upstreamBindConfig?.sourceAddress;
  if (source?.address === undefined) return {};
  return source.portValue
    ? { localAddress: source.address, localPort: source.portValue }
    : { localAddress: source.address };
}

function unsupportedReason(cluster: Cluster, explicit: Message): string | undefined {
  if (explicit.http2ProtocolOptions !== undefined || cluster.message.http2ProtocolOptions !== undefined) {
    return 'HTTP/2 upstreams are not supported yet';
  }
  const socket = cluster.message.transportSocket?.typedConfig?.['@type'] ?? '';
  if (socket.endsWith('UpstreamTlsContext')) return 'TLS upstreams are not supported yet';
  return undefined;
}
