import { metadataExchange } from '../clusters/parts.ts';
import { type Generating, type Json, typed } from '../context.ts';

export type Direction = 'inbound' | 'outbound' | 'gateway';

/**
 * The HTTP filters in the order in which they see a request. Those of Istio's own Envoy keep their place and are left out
 * where a proxy does not have them.
 */
export function httpFilters(context: Generating, direction: Direction): Json[] {
  const plain = context.plain;
  const filters: (Json | undefined)[] = [
    plain ? undefined : peerMetadata(direction),
    grpcStats,
    plain || direction === 'inbound' ? undefined : alpn,
    {
      name: 'envoy.filters.http.fault',
      typedConfig: typed('envoy.extensions.filters.http.fault.v3.HTTPFault'),
    },
    { name: 'envoy.filters.http.cors', typedConfig: typed('envoy.extensions.filters.http.cors.v3.Cors') },
    plain ? undefined : stats(context, direction),
    {
      name: 'envoy.filters.http.router',
      typedConfig: typed('envoy.extensions.filters.http.router.v3.Router'),
    },
  ];
  return filters.filter((filter) => filter !== undefined);
}

/** What stands before a connection manager or a TCP proxy. */
export function networkFilters(context: Generating, direction: Direction, kind: 'http' | 'tcp'): Json[] {
  if (context.plain) return [];
  const filters: (Json | undefined)[] = [
    direction === 'inbound' ? metadataExchange : undefined,
    kind === 'tcp' ? stats(context, direction) : undefined,
  ];
  return filters.filter((filter) => filter !== undefined);
}

function peerMetadata(direction: Direction): Json {
  const side = direction === 'inbound' ? 'downstream' : 'upstream';
  return {
    name: 'istio.metadata_exchange',
    typedConfig: typed('udpa.type.v1.TypedStruct', {
      typeUrl: 'type.googleapis.com/io.istio.http.peer_metadata.Config',
      value: {
        [`${side}_discovery`]: [{ istio_headers: {} }, { workload_discovery: {} }],
        [`${side}_propagation`]: [{ istio_headers: {} }],
      },
    }),
  };
}

const grpcStats: Json = {
  name: 'envoy.filters.http.grpc_stats',
  typedConfig: typed('envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', {
    emitFilterState: true,
    statsForAllMethods: false,
  }),
};

const alpn: Json = {
  name: 'istio.alpn',
  typedConfig: typed('istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig', {
    alpnOverride: [
      { alpnOverride: ['istio-http/1.0', 'istio', 'http/1.0'] },
      { alpnOverride: ['istio-http/1.1', 'istio', 'http/1.1'], upstreamProtocol: 'HTTP11' },
      { alpnOverride: ['istio-h2', 'istio', 'h2'], upstreamProtocol: 'HTTP2' },
    ],
  }),
};

function stats(context: Generating, direction: Direction): Json | undefined {
  if (!context.scope.mesh.metricsOn) return undefined;
  const fields = direction === 'outbound' ? {} : { disableHostHeaderFallback: true };
  return { name: 'istio.stats', typedConfig: typed('stats.PluginConfig', fields) };
}
