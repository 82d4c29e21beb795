export const typePrefix = 'type.googleapis.com/';

/** Type URLs of what travels over the aggregated discovery service. */
export const typeUrls = {
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoint: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  virtualHost: 'type.googleapis.com/envoy.config.route.v3.VirtualHost',
  scopedRoute: 'type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration',
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  extensionConfig: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
  runtime: 'type.googleapis.com/envoy.service.runtime.v3.Runtime',
} as const;

export const bootstrapType = 'type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap';

/** `type.googleapis.com/a.B` or `a.B` → `a.B`. */
export function typeName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
}

/** The name under which a resource of this type is requested and versioned. */
export function resourceName(resource: Readonly<Record<string, any>>): string {
  return resource.clusterName ?? resource.name ?? '';
}
