import { defined, type Generating, type Json, typed, viaAds } from '../context.ts';
import { accessLog } from './access-log.ts';
import { type Direction, httpFilters, networkFilters } from './filters.ts';
import { tracing } from './tracing.ts';

export type RouteSource = { readonly rds: string } | { readonly inline: Json };

/** The network filters of a chain that speaks HTTP. */
export function httpChain(
  context: Generating,
  direction: Direction,
  statPrefix: string,
  routes: RouteSource,
): Json[] {
  return [
    ...networkFilters(context, direction, 'http'),
    connectionManager(context, direction, statPrefix, routes),
  ];
}

function connectionManager(
  context: Generating,
  direction: Direction,
  statPrefix: string,
  routes: RouteSource,
): Json {
  const fields: Json = {
    statPrefix: `${statPrefix};`,
    accessLog: accessLog(context.scope.mesh),
    httpFilters: httpFilters(context, direction),
    proxy100Continue: true,
    requestIdExtension: {
      typedConfig: typed('envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig', {
        useRequestIdForTraceSampling: true,
      }),
    },
    streamIdleTimeout: '0s',
    tracing: context.plain ? undefined : tracing(context),
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    ...normalization(context),
    ...routeFields(routes),
    ...addressFields(context, direction),
    ...identityFields(direction),
  };
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typedConfig: typed(
      'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      defined(fields),
    ),
  };
}

function routeFields(routes: RouteSource): Json {
  if ('inline' in routes) return { routeConfig: routes.inline };
  return { rds: { configSource: viaAds, routeConfigName: routes.rds } };
}

/** How paths are made canonical before they are matched. */
function normalization(context: Generating): Json {
  switch (context.scope.mesh.pathNormalization) {
    case 'NONE':
      return {};
    case 'MERGE_SLASHES':
      return { normalizePath: true, mergeSlashes: true, pathWithEscapedSlashesAction: 'KEEP_UNCHANGED' };
    case 'DECODE_AND_MERGE_SLASHES':
      return {
        normalizePath: true,
        mergeSlashes: true,
        pathWithEscapedSlashesAction: 'UNESCAPE_AND_FORWARD',
      };
    default:
      return { normalizePath: true, pathWithEscapedSlashesAction: 'KEEP_UNCHANGED' };
  }
}

/**
 * Whose address counts as the client's. With the connection's own address, requests of the application count as internal, so
 * that Envoy heeds its `x-envoy-` headers; the list of forwarders stays as it is.
 */
function addressFields(context: Generating, direction: Direction): Json {
  if (direction === 'gateway') return { useRemoteAddress: true };
  if (direction === 'inbound' || !context.options.useRemoteAddress) return { useRemoteAddress: false };
  return {
    useRemoteAddress: true,
    skipXffAppend: true,
    internalAddressConfig: { cidrRanges: context.options.internalCidrs.map(cidr) },
  };
}

function cidr(text: string): Json {
  const [addressPrefix, length] = text.split('/');
  return { addressPrefix, prefixLen: Number(length ?? 32) };
}

function identityFields(direction: Direction): Json {
  if (direction === 'outbound') return {};
  const details = { dns: true, subject: true, uri: true };
  if (direction === 'inbound') {
    return {
      forwardClientCertDetails: 'APPEND_FORWARD',
      serverName: 'istio-envoy',
      setCurrentClientCertDetails: details,
    };
  }
  return {
    forwardClientCertDetails: 'SANITIZE_SET',
    httpProtocolOptions: {},
    serverName: 'istio-envoy',
    setCurrentClientCertDetails: { cert: true, ...details },
  };
}
