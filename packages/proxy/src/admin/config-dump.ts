import type { Message } from '../config/problems.ts';
import { applyMask } from './field-mask.ts';
import { pretty, protoNames } from './proto-json.ts';
import { type AdminReply, json } from './reply.ts';
import type { AdminRequest } from './request.ts';
import type { AdminTarget } from './target.ts';

type Json = Record<string, any>;

const admin = 'type.googleapis.com/envoy.admin.v3.';
const typeOf = (name: string) => `type.googleapis.com/envoy.config.${name}`;
const clusterType = typeOf('cluster.v3.Cluster');
const listenerType = typeOf('listener.v3.Listener');
const routeType = typeOf('route.v3.RouteConfiguration');
const endpointType = typeOf('endpoint.v3.ClusterLoadAssignment');
const connectionManager =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

const time = (at: number) => new Date(at).toISOString();
const dumped = (message: Message, type: string) => protoNames({ ...message, '@type': type }, '');

/** Drops empty lists, as messages do. */
function compact(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, inner]) => inner !== undefined && inner !== '' && !(Array.isArray(inner) && inner.length === 0),
    ),
  );
}

function bootstrapDump(target: AdminTarget): Json {
  const message = { ...target.bootstrap, node: target.node };
  return {
    '@type': `${admin}BootstrapConfigDump`,
    bootstrap: protoNames(message, 'envoy.config.bootstrap.v3.Bootstrap'),
    last_updated: time(target.staticUpdatedAt),
  };
}

function clustersDump({ clusters }: AdminTarget, matches: (name: string) => boolean): Json {
  const wanted = clusters.entries().filter(({ cluster }) => matches(cluster.name));
  const one = (entry: (typeof wanted)[number]) =>
    compact({
      version_info: entry.version,
      cluster: dumped(entry.cluster.message, clusterType),
      last_updated: time(entry.updatedAt),
    });
  return compact({
    '@type': `${admin}ClustersConfigDump`,
    version_info: wanted.findLast((entry) => entry.version !== '')?.version,
    static_clusters: wanted.filter(({ cluster }) => !cluster.addedViaApi).map(one),
    dynamic_active_clusters: wanted.filter(({ cluster }) => cluster.addedViaApi).map(one),
    dynamic_warming_clusters: clusters
      .warmingEntries()
      .filter(({ cluster }) => matches(cluster.name))
      .map(one),
  });
}

function listenersDump({ listeners }: AdminTarget, matches: (name: string) => boolean): Json {
  const active = listeners.entries().filter(({ listener }) => matches(listener.config.name));
  const warming = listeners.warmingEntries().filter(({ listener }) => matches(listener.config.name));
  const state = (entry: (typeof active)[number]) =>
    compact({
      version_info: entry.version,
      listener: dumped(entry.listener.config.message, listenerType),
      last_updated: time(entry.updatedAt),
    });
  const dynamic = new Map<string, Json>();
  for (const entry of active)
    if (entry.dynamic)
      dynamic.set(entry.listener.config.name, {
        name: entry.listener.config.name,
        active_state: state(entry),
      });
  for (const entry of warming) {
    const { name } = entry.listener.config;
    if (entry.dynamic) dynamic.set(name, { ...(dynamic.get(name) ?? { name }), warming_state: state(entry) });
  }
  for (const { name, error, at, message } of listeners.failures()) {
    if (!matches(name)) continue;
    const failed = compact({
      failed_configuration: dumped(message, listenerType),
      last_update_attempt: time(at),
      details: error,
    });
    dynamic.set(name, { ...(dynamic.get(name) ?? { name }), error_state: failed });
  }
  return compact({
    '@type': `${admin}ListenersConfigDump`,
    version_info: active.findLast((entry) => entry.version !== '')?.version,
    static_listeners: active
      .filter((entry) => !entry.dynamic)
      .map((entry) => compact({ ...state(entry), version_info: undefined })),
    dynamic_listeners: [...dynamic.values()],
  });
}

function inlineRoutes(message: Message): Message[] {
  const chains = [
    ...(message.filterChains ?? []),
    ...(message.defaultFilterChain ? [message.defaultFilterChain] : []),
  ];
  return chains.flatMap((chain: Message) =>
    (chain.filters ?? []).flatMap(({ typedConfig }: Message) =>
      typedConfig?.['@type'] === connectionManager && typedConfig.routeConfig
        ? [typedConfig.routeConfig]
        : [],
    ),
  );
}

function routesDump(target: AdminTarget, matches: (name: string) => boolean): Json {
  const inline = target.listeners
    .entries()
    .flatMap(({ listener, updatedAt }) =>
      inlineRoutes(listener.config.message).map((message) => ({ message, updatedAt })),
    )
    .filter(({ message }) => matches(message.name ?? ''));
  const dynamic = target.routes.dump().filter(({ message }) => matches(message.name ?? ''));
  return compact({
    '@type': `${admin}RoutesConfigDump`,
    static_route_configs: inline.map(({ message, updatedAt }) => ({
      route_config: dumped(message, routeType),
      last_updated: time(updatedAt),
    })),
    dynamic_route_configs: dynamic.map(({ message, version, updatedAt }) =>
      compact({
        version_info: version,
        route_config: dumped(message, routeType),
        last_updated: time(updatedAt),
      }),
    ),
  });
}

const healthNames = (host: { healthy: boolean; degraded: boolean; ejected: boolean }) =>
  !host.healthy || host.ejected ? 'UNHEALTHY' : host.degraded ? 'DEGRADED' : 'HEALTHY';

function endpointsDump({ clusters }: AdminTarget, matches: (name: string) => boolean): Json {
  const wanted = clusters.entries().filter(({ cluster }) => matches(cluster.name));
  const one = ({ cluster }: (typeof wanted)[number]) => ({ endpoint_config: endpointsOf(cluster) });
  return compact({
    '@type': `${admin}EndpointsConfigDump`,
    static_endpoint_configs: wanted.filter(({ cluster }) => !cluster.addedViaApi).map(one),
    dynamic_endpoint_configs: wanted.filter(({ cluster }) => cluster.addedViaApi).map(one),
  });
}

type DumpedCluster = ReturnType<AdminTarget['clusters']['entries']>[number]['cluster'];

function endpointsOf(cluster: DumpedCluster): Json {
  const groups = Map.groupBy(cluster.hosts(), (host) =>
    JSON.stringify([host.priority, host.locality.region, host.locality.zone, host.locality.subZone]),
  );
  const endpoints = [...groups.values()].map((hosts) => {
    const { region, zone, subZone } = hosts[0]!.locality;
    const { priority } = hosts[0]!;
    return {
      locality: compact({ region, zone, sub_zone: subZone }),
      lb_endpoints: hosts.map((host) => ({
        endpoint: compact({ address: socketAddress(host), health_check_config: {}, hostname: host.hostname }),
        health_status: healthNames(host),
        ...(Object.keys(host.metadata).length > 0 ? { metadata: { filter_metadata: host.metadata } } : {}),
        load_balancing_weight: host.weight,
      })),
      ...(priority > 0 ? { priority } : {}),
    };
  });
  return {
    '@type': endpointType,
    cluster_name: cluster.config.edsServiceName || cluster.name,
    endpoints,
    policy: { overprovisioning_factor: cluster.assignment.overprovisioning },
  };
}

export function socketAddress(host: { readonly address: string; readonly port: number }): Json {
  if (host.address.startsWith('/')) return { pipe: { path: host.address } };
  return { socket_address: { address: host.address, port_value: host.port } };
}

const recordTypes: Readonly<Record<string, string>> = {
  static_clusters: 'ClustersConfigDump.StaticCluster',
  dynamic_active_clusters: 'ClustersConfigDump.DynamicCluster',
  dynamic_warming_clusters: 'ClustersConfigDump.DynamicCluster',
  static_listeners: 'ListenersConfigDump.StaticListener',
  dynamic_listeners: 'ListenersConfigDump.DynamicListener',
  static_route_configs: 'RoutesConfigDump.StaticRouteConfig',
  dynamic_route_configs: 'RoutesConfigDump.DynamicRouteConfig',
  static_endpoint_configs: 'EndpointsConfigDump.StaticEndpointConfig',
  dynamic_endpoint_configs: 'EndpointsConfigDump.DynamicEndpointConfig',
  static_secrets: 'SecretsConfigDump.StaticSecret',
  dynamic_active_secrets: 'SecretsConfigDump.DynamicSecret',
  dynamic_warming_secrets: 'SecretsConfigDump.DynamicSecret',
  inline_scoped_route_configs: 'ScopedRoutesConfigDump.InlineScopedRouteConfigs',
  dynamic_scoped_route_configs: 'ScopedRoutesConfigDump.DynamicScopedRouteConfigs',
};

/** `/config_dump`. */
export function configDump(target: AdminTarget, { query }: AdminRequest): AdminReply {
  const pattern = query.get('name_regex');
  let regex: RegExp | undefined;
  try {
    regex = pattern ? new RegExp(`^(?:${pattern})$`) : undefined;
  } catch (error) {
    return failure(`Error while parsing name_regex from ${pattern}: ${(error as Error).message}`, 400);
  }
  const matches = (name: string) => regex?.test(name) ?? true;
  const resource = query.get('resource');
  const mask = query.get('mask');
  const withEndpoints = query.has('include_eds');
  const sections: Json[] = [
    bootstrapDump(target),
    clustersDump(target, matches),
    ...(withEndpoints ? [endpointsDump(target, matches)] : []),
    listenersDump(target, matches),
    { '@type': `${admin}ScopedRoutesConfigDump` },
    routesDump(target, matches),
    { '@type': `${admin}SecretsConfigDump` },
  ];
  return resource ? dumpResource(sections, resource, mask) : dumpAll(sections, mask);
}

function dumpAll(sections: readonly Json[], mask: string | null): AdminReply {
  if (!mask) return json(pretty({ configs: sections }));
  const configs = sections
    .map((section) => applyMask(section, mask))
    .filter((section) => section !== undefined);
  if (configs.length === 0)
    return failure(`FieldMask ${mask} could not be successfully applied to any configs.`, 400);
  return json(pretty({ configs }));
}

function dumpResource(sections: readonly Json[], resource: string, mask: string | null): AdminReply {
  const type = recordTypes[resource];
  const single = sections.find(
    (section) => section[resource] !== undefined && !Array.isArray(section[resource]),
  );
  const hidden =
    resource.includes('endpoint') &&
    !sections.some((section) => section['@type'] === `${admin}EndpointsConfigDump`);
  if ((!type && !single) || hidden) return failure(`${resource} not found in config dump`, 404);
  if (!type)
    return failure(`${resource} is not a repeated field. Use ?mask=${resource} to get only this field`, 400);
  const records: readonly Json[] = sections.find((section) => section[resource])?.[resource] ?? [];
  const typed = records.map((record) => ({ '@type': `${admin}${type}`, ...record }));
  const configs = mask
    ? typed.map((record) => applyMask(record, mask) ?? { '@type': record['@type'] })
    : typed;
  return json(pretty(configs.length > 0 ? { configs } : {}));
}

const failure = (body: string, status: number): AdminReply => ({ status, type: 'text/plain', body });
