import type { SocketAddress } from '../../connection-info.ts';
import type { FormatContext, HeaderView } from '../../http/types.ts';
import { formatResponseFlags, formatResponseFlagsLong } from '../response-flags.ts';
import { durationOperators } from './durations.ts';
import type { FormatEnvironment } from './environment.ts';
import { grpcNumber, grpcStatus } from './grpc.ts';
import { metadataOperators } from './metadata.ts';
import type { OperatorCompiler, OperatorValue, Provider } from './operator.ts';
import { compileTimeFormat } from './time.ts';

/** An operator that takes no argument. */
const plain =
  (provider: Provider): OperatorCompiler =>
  (argument) =>
    argument === undefined ? provider : 'takes no argument';

const address = (value: SocketAddress | undefined) => (value ? joinAddress(value) : undefined);
const nonEmpty = (value: string | undefined) => (value === '' ? undefined : value);

export function joinAddress(value: SocketAddress): string {
  return value.address.includes(':') ? `[${value.address}]:${value.port}` : `${value.address}:${value.port}`;
}

/** `NAME?ALTERNATIVE` of one of the header maps. */
const header =
  (view: (context: FormatContext) => HeaderView | undefined): OperatorCompiler =>
  (argument) => {
    if (!argument) return 'needs the name of a header';
    const [main, other, ...rest] = argument.toLowerCase().split('?');
    if (!main || rest.length > 0) return 'more than 1 alternative header specified in token';
    return (context) => {
      const headers = view(context);
      return headers?.first(main) ?? (other ? headers?.first(other) : undefined);
    };
  };

const withoutQuery = (value: OperatorValue) => (typeof value === 'string' ? value.split('?', 1)[0] : value);

const headerWithoutQuery: OperatorCompiler = (argument, environment) => {
  const inner = header((context) => context.request)(argument, environment);
  return typeof inner === 'string' ? inner : (context) => withoutQuery(inner(context));
};

const startTime: OperatorCompiler = (argument) => {
  const format = compileTimeFormat(argument ?? '');
  return (context) => format(context.info.startedAtWallClock);
};

const emitTime: OperatorCompiler = (argument, environment) => {
  const format = compileTimeFormat(argument ?? '');
  return () => format(environment.now());
};

function upstreamAddress(context: FormatContext): SocketAddress | undefined {
  const host = context.info.upstreamHost;
  return host ? { address: host.address, port: host.port } : undefined;
}

function observabilityName(name: string, environment: FormatEnvironment): string | undefined {
  if (name === '') return undefined;
  return environment.clusters.get(name)?.message.altStatName || name;
}

const path: OperatorCompiler = (argument) => {
  const [query = 'WQ', which = 'ORIG_OR_PATH'] = (argument ?? '').split(':').map((word) => word || undefined);
  if (!['WQ', 'NQ'].includes(query) || !['PATH', 'ORIG', 'ORIG_OR_PATH'].includes(which))
    return `Invalid PATH option: '${argument}'`;
  return (context) => {
    const original = which === 'PATH' ? undefined : context.request?.first('x-envoy-original-path');
    const value = which === 'ORIG' ? original : (original ?? context.request?.first(':path'));
    return query === 'NQ' ? withoutQuery(value) : value;
  };
};

const queryParameter: OperatorCompiler = (argument) => {
  if (!argument) return 'needs the name of a query parameter';
  return (context) => {
    const value = context.request?.first(':path') ?? '';
    const mark = value.indexOf('?');
    if (mark < 0) return undefined;
    for (const pair of value
      .slice(mark + 1)
      .split('#', 1)[0]!
      .split('&')) {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      if (name === argument) return nonEmpty(equals < 0 ? '' : pair.slice(equals + 1));
    }
    return undefined;
  };
};

const environmentVariable: OperatorCompiler = (argument, environment) => {
  if (!argument) return 'needs the name of a variable';
  const value = environment.variable(argument) ?? '-';
  return () => value;
};

const isHttp = (context: FormatContext) => context.info.protocol !== undefined;
const sslFields = [
  'DOWNSTREAM_PEER_FINGERPRINT_256',
  'DOWNSTREAM_PEER_FINGERPRINT_1',
  'DOWNSTREAM_PEER_SERIAL',
  'DOWNSTREAM_PEER_ISSUER',
  'DOWNSTREAM_PEER_CERT',
  'DOWNSTREAM_PEER_CERT_V_START',
  'DOWNSTREAM_PEER_CERT_V_END',
  'DOWNSTREAM_PEER_DNS_SAN',
  'DOWNSTREAM_PEER_IP_SAN',
  'DOWNSTREAM_PEER_EMAIL_SAN',
  'DOWNSTREAM_PEER_OTHERNAME_SAN',
  'DOWNSTREAM_LOCAL_DNS_SAN',
  'DOWNSTREAM_LOCAL_IP_SAN',
  'DOWNSTREAM_LOCAL_EMAIL_SAN',
  'DOWNSTREAM_LOCAL_SUBJECT',
  'DOWNSTREAM_TLS_CIPHER',
  'DOWNSTREAM_TLS_SESSION_ID',
  'DOWNSTREAM_TRANSPORT_FAILURE_REASON',
  'DOWNSTREAM_DETECTED_CLOSE_TYPE',
  'DOWNSTREAM_LOCAL_CLOSE_REASON',
  'UPSTREAM_PEER_ISSUER',
  'UPSTREAM_PEER_CERT',
  'UPSTREAM_PEER_SUBJECT',
  'UPSTREAM_PEER_URI_SAN',
  'UPSTREAM_PEER_DNS_SAN',
  'UPSTREAM_LOCAL_SUBJECT',
  'UPSTREAM_LOCAL_URI_SAN',
  'UPSTREAM_LOCAL_DNS_SAN',
  'UPSTREAM_TLS_CIPHER',
  'UPSTREAM_TLS_VERSION',
  'UPSTREAM_TLS_SESSION_ID',
  'UPSTREAM_DETECTED_CLOSE_TYPE',
  'UPSTREAM_LOCAL_CLOSE_REASON',
  'VIRTUAL_CLUSTER_NAME',
  'TRACE_ID',
  'SPAN_ID',
  'TLS_JA3_FINGERPRINT',
  'TLS_JA4_FINGERPRINT',
  'UPSTREAM_CONNECTION_POOL_READY_DURATION',
  'REQUEST_HEADER_SIZE_UNCOMPRESSED',
];

/** Operators that are known but never have a value here. */
const absent: Readonly<Record<string, OperatorCompiler>> = Object.fromEntries(
  [...sslFields].map((name) => [name, (() => () => undefined) as OperatorCompiler]),
);

const streamOperators: Readonly<Record<string, OperatorCompiler>> = {
  PROTOCOL: plain(({ info }) => info.protocol),
  RESPONSE_CODE: plain(({ info }) => info.responseCode),
  RESPONSE_CODE_DETAILS: (argument) => (context) => {
    const details = nonEmpty(context.info.responseCodeDetails);
    return argument === 'ALLOW_WHITESPACES' ? details : details?.replaceAll(/\s/g, '_');
  },
  CONNECTION_TERMINATION_DETAILS: plain(({ info }) => nonEmpty(info.connectionTerminationDetails)),
  RESPONSE_FLAGS: plain((context) => formatResponseFlags(context.info.responseFlags, isHttp(context))),
  RESPONSE_FLAGS_LONG: plain((context) =>
    formatResponseFlagsLong(context.info.responseFlags, isHttp(context)),
  ),
  BYTES_RECEIVED: plain(({ info }) => info.bytesReceived),
  BYTES_SENT: plain(({ info }) => info.bytesSent),
  BYTES_RETRANSMITTED: plain(() => 0),
  PACKETS_RETRANSMITTED: plain(() => 0),
  DOWNSTREAM_WIRE_BYTES_RECEIVED: plain(({ info }) => info.bytesReceived),
  DOWNSTREAM_WIRE_BYTES_SENT: plain(({ info }) => info.bytesSent),
  UPSTREAM_WIRE_BYTES_RECEIVED: plain(({ info }) => info.bytesSent),
  UPSTREAM_WIRE_BYTES_SENT: plain(({ info }) => info.bytesReceived),
  ROUTE_NAME: plain(({ info }) => nonEmpty(info.routeName)),
  VIRTUAL_HOST_NAME: plain(({ info }) => nonEmpty(info.virtualHostName)),
  FILTER_CHAIN_NAME: plain(({ info }) => nonEmpty(info.connection.filterChainName)),
  REQUESTED_SERVER_NAME:
    () =>
    ({ info }) =>
      nonEmpty(info.connection.serverName),
  CONNECTION_ID: plain(({ info }) => info.connection.id),
  STREAM_ID: plain(({ info }) => nonEmpty(info.requestId)),
  UNIQUE_ID: (_argument, environment) => (context) =>
    nonEmpty(context.info.requestId) ?? `${environment.now()}-${context.info.connection.id}`,
  ACCESS_LOG_TYPE: plain((context) => (isHttp(context) ? 'DownstreamEnd' : 'TcpConnectionEnd')),
  LOCAL_REPLY_BODY: plain((context) => nonEmpty(context.localReplyBody)),
  FILTER_STATE: () => () => undefined,
  UPSTREAM_FILTER_STATE: () => () => undefined,
};

const downstreamOperators: Readonly<Record<string, OperatorCompiler>> = {
  DOWNSTREAM_REMOTE_ADDRESS: plain(({ info }) => joinAddress(info.connection.remote)),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT:
    () =>
    ({ info }) =>
      info.connection.remote.address,
  DOWNSTREAM_REMOTE_PORT: plain(({ info }) => info.connection.remote.port),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: plain(({ info }) => joinAddress(info.connection.directRemote)),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT:
    () =>
    ({ info }) =>
      info.connection.directRemote.address,
  DOWNSTREAM_DIRECT_REMOTE_PORT: plain(({ info }) => info.connection.directRemote.port),
  DOWNSTREAM_LOCAL_ADDRESS: plain(({ info }) => joinAddress(info.connection.local)),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT:
    () =>
    ({ info }) =>
      info.connection.local.address,
  DOWNSTREAM_LOCAL_PORT: plain(({ info }) => info.connection.local.port),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS: plain(({ info }) => joinAddress(info.connection.local)),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT:
    () =>
    ({ info }) =>
      info.connection.local.address,
  DOWNSTREAM_DIRECT_LOCAL_PORT: plain(({ info }) => info.connection.local.port),
  DOWNSTREAM_TLS_VERSION: plain(({ info }) => info.connection.tls?.version),
  DOWNSTREAM_PEER_SUBJECT: plain(({ info }) => nonEmpty(info.connection.tls?.peerSubject)),
  DOWNSTREAM_PEER_URI_SAN: plain(({ info }) => nonEmpty(info.connection.tls?.peerUriSans.join(','))),
  DOWNSTREAM_LOCAL_URI_SAN: plain(({ info }) => nonEmpty(info.connection.tls?.localUriSans.join(','))),
};

const upstreamOperators: Readonly<Record<string, OperatorCompiler>> = {
  UPSTREAM_HOST: plain(({ info }) => info.upstreamHost?.key),
  UPSTREAM_HOST_NAME: plain(({ info }) => nonEmpty(info.upstreamHost?.hostname) ?? info.upstreamHost?.key),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: plain(
    ({ info }) => nonEmpty(info.upstreamHost?.hostname) ?? info.upstreamHost?.address,
  ),
  UPSTREAM_REMOTE_ADDRESS: plain((context) => address(upstreamAddress(context))),
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: plain((context) => upstreamAddress(context)?.address),
  UPSTREAM_REMOTE_PORT: plain((context) => upstreamAddress(context)?.port),
  UPSTREAM_LOCAL_ADDRESS: plain(({ info }) => address(info.upstreamLocalAddress)),
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: plain(({ info }) => info.upstreamLocalAddress?.address),
  UPSTREAM_LOCAL_PORT: plain(({ info }) => info.upstreamLocalAddress?.port),
  UPSTREAM_CLUSTER: (_argument, environment) => (context) =>
    observabilityName(context.info.upstreamCluster, environment),
  UPSTREAM_CLUSTER_RAW: plain(({ info }) => nonEmpty(info.upstreamCluster)),
  UPSTREAM_PROTOCOL: plain((context) =>
    isHttp(context) && context.info.upstreamHost ? 'HTTP/1.1' : undefined,
  ),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: plain(({ info }) => info.attemptCount),
  UPSTREAM_TRANSPORT_FAILURE_REASON: plain(({ info }) =>
    nonEmpty(info.upstreamTransportFailureReason)?.replaceAll(/\s/g, '_'),
  ),
  UPSTREAM_CONNECTION_ID: plain(() => undefined),
};

const headerOperators: Readonly<Record<string, OperatorCompiler>> = {
  REQ: header((context) => context.request),
  REQ_WITHOUT_QUERY: headerWithoutQuery,
  REQUEST_HEADER: header((context) => context.request),
  RESP: header((context) => context.response),
  RESPONSE_HEADER: header((context) => context.response),
  TRAILER: header((context) => context.trailers),
  RESPONSE_TRAILER: header((context) => context.trailers),
  REQUEST_HEADERS_BYTES: plain((context) => context.request?.byteSize ?? 0),
  RESPONSE_HEADERS_BYTES: plain((context) => context.response?.byteSize ?? 0),
  RESPONSE_TRAILERS_BYTES: plain((context) => context.trailers?.byteSize ?? 0),
  PATH: path,
  QUERY_PARAM: queryParameter,
  GRPC_STATUS: grpcStatus,
  GRPC_STATUS_NUMBER: grpcNumber,
};

const hostOperators: Readonly<Record<string, OperatorCompiler>> = {
  START_TIME: startTime,
  START_TIME_LOCAL: startTime,
  EMIT_TIME: emitTime,
  EMIT_TIME_LOCAL: emitTime,
  HOSTNAME: (_argument, environment) => () => environment.hostname,
  ENVIRONMENT: environmentVariable,
};

/** Every operator by its name; what is not in here is refused. */
export const operators: Readonly<Record<string, OperatorCompiler>> = {
  ...absent,
  ...streamOperators,
  ...downstreamOperators,
  ...upstreamOperators,
  ...headerOperators,
  ...hostOperators,
  ...durationOperators,
  ...metadataOperators,
};
