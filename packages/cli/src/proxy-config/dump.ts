/** The parts of Envoy's `/config_dump?include_eds` that the proxy-config verbs read; messages keep the names Envoy prints. */
export interface ProxyDump {
  readonly bootstrap: any;
  readonly clusters: readonly any[];
  readonly listeners: readonly any[];
  readonly routes: readonly any[];
  readonly endpoints: readonly any[];
}

/** Reads a config dump as Envoy's admin prints it. Throws when it is not one. */
export function parseDump(text: string): ProxyDump {
  const configs: any[] = JSON.parse(text).configs;
  if (!Array.isArray(configs)) throw new Error('not a config dump of Envoy: it has no "configs"');
  const section = (name: string) =>
    configs.find((config) => String(config['@type']).endsWith(`.${name}`)) ?? {};
  const clusters = section('ClustersConfigDump');
  const listeners = section('ListenersConfigDump');
  const routes = section('RoutesConfigDump');
  const endpoints = section('EndpointsConfigDump');
  return {
    bootstrap: section('BootstrapConfigDump').bootstrap,
    clusters: [...list(clusters.static_clusters), ...list(clusters.dynamic_active_clusters)].map(
      (entry) => entry.cluster,
    ),
    listeners: [
      ...list(listeners.static_listeners).map((entry) => entry.listener),
      ...list(listeners.dynamic_listeners).flatMap((entry) => entry.active_state?.listener ?? []),
    ],
    routes: [...list(routes.static_route_configs), ...list(routes.dynamic_route_configs)].map(
      (entry) => entry.route_config,
    ),
    endpoints: [...list(endpoints.static_endpoint_configs), ...list(endpoints.dynamic_endpoint_configs)].map(
      (entry) => entry.endpoint_config,
    ),
  };
}

function list(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}

/** `name.namespace.VirtualService`-like origin that the control plane writes into `filter_metadata.istio.config`. */
export function configOrigin(metadata: any): string {
  const path: string = metadata?.filter_metadata?.istio?.config ?? '';
  const match = /\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path);
  return match ? `${match[3]}.${match[1]}` : '';
}
