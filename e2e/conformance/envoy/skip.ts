type Json = Readonly<Record<string, any>>;

export interface Case {
  readonly name: string;
  readonly send?: Json;
  readonly expect?: Json;
}

export interface Scenario {
  readonly area: string;
  readonly starts?: boolean;
  readonly backends?: Readonly<Record<string, Json>>;
  readonly bootstrap: Json;
  readonly cases: readonly Case[];
}

/** Why a case cannot be run without TLS and HTTP/2; undefined when it can. */
export function skipReason(scenario: Scenario, one: Case): string | undefined {
  for (const send of sends(one.send ?? {})) {
    if (send.tls) return 'sends TLS';
    if (send.protocol === 'h2' || send.h2frames || send.parallel_streams) return 'sends HTTP/2';
  }
  for (const name of upstreams(one.expect ?? {})) {
    const backend = scenario.backends?.[name];
    if (backend?.tls) return `needs TLS towards backend ${name}`;
    if (backend?.type === 'h2' || backend?.type === 'grpc-authz')
      return `needs HTTP/2 towards backend ${name}`;
  }
  for (const send of sends(one.send ?? {})) {
    const reason = routeReason(scenario, send);
    if (reason) return reason;
  }
  return undefined;
}

/** The single requests that a case consists of; what encloses them applies to each. */
function sends(send: Json): Json[] {
  const inner = ['steps', 'sequence', 'parallel', 'parallel_streams'].flatMap((key) =>
    Array.isArray(send[key]) ? send[key] : [],
  );
  const { steps: _steps, sequence: _sequence, parallel: _parallel, ...outer } = send;
  return inner.length === 0
    ? [send]
    : [outer, ...inner.flatMap((item: Json) => sends({ ...outer, ...item }))];
}

function upstreams(expect: Json): string[] {
  const seen = expect.upstream;
  if (Array.isArray(seen)) return seen.map((entry) => entry.backend);
  return seen && typeof seen === 'object' ? Object.keys(seen) : [];
}

/** What the clusters need to which a request is routed, judged by its path alone. */
function routeReason(scenario: Scenario, send: Json): string | undefined {
  if (typeof send.path !== 'string' && !send.tcp) return undefined;
  for (const cluster of clustersOf(scenario, send)) {
    if (cluster.transport_socket?.name?.includes('tls')) return `cluster ${cluster.name} speaks TLS`;
    if (JSON.stringify(cluster.typed_extension_protocol_options ?? {}).includes('"http2_protocol_options"'))
      return `cluster ${cluster.name} speaks HTTP/2`;
    if (cluster.http2_protocol_options) return `cluster ${cluster.name} speaks HTTP/2`;
  }
  return undefined;
}

function clustersOf(scenario: Scenario, send: Json): Json[] {
  const resources = scenario.bootstrap.static_resources ?? {};
  const listener = (resources.listeners ?? []).find(
    (entry: Json) => entry.name === (send.listener ?? 'main'),
  );
  const chains = [
    ...(listener?.filter_chains ?? []),
    ...(listener?.default_filter_chain ? [listener.default_filter_chain] : []),
  ];
  const names = chains.flatMap((chain: Json) =>
    (chain.filters ?? []).flatMap((filter: Json) => targets(filter.typed_config ?? {}, send)),
  );
  return (resources.clusters ?? []).filter((cluster: Json) => names.includes(cluster.name));
}

function targets(config: Json, send: Json): string[] {
  if (send.tcp)
    return [config.cluster, ...(config.weighted_clusters?.clusters ?? []).map((entry: Json) => entry.name)];
  const path = String(send.path).split('?', 1)[0]!;
  for (const host of config.route_config?.virtual_hosts ?? []) {
    const route = (host.routes ?? []).find((candidate: Json) => matches(candidate.match ?? {}, path));
    if (route?.route)
      return [
        route.route.cluster,
        ...(route.route.weighted_clusters?.clusters ?? []).map((entry: Json) => entry.name),
      ];
  }
  return [];
}

function matches(match: Json, path: string): boolean {
  if (match.path !== undefined) return match.path === path;
  if (match.prefix !== undefined) return path.startsWith(match.prefix);
  if (match.safe_regex?.regex !== undefined) return new RegExp(`^(?:${match.safe_regex.regex})$`).test(path);
  return match.path_separated_prefix !== undefined && path.startsWith(match.path_separated_prefix);
}
