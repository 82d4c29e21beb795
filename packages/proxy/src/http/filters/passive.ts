import type { FilterKind } from './filter.ts';

/**
 * Filters that control planes add for statistics, or to choose ALPN names of TLS, and that change no request.
 * They are loaded; their statistics come with telemetry.
 */
export const passiveKind: FilterKind = {
  types: [
    'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig',
    'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig',
    'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb',
    'stats.PluginConfig',
    'io.istio.http.peer_metadata.Config',
  ],
  compile: () => () => undefined,
  routeTypes: ['io.istio.http.peer_metadata.Config', 'stats.PluginConfig'],
  compileRoute: () => undefined,
};
