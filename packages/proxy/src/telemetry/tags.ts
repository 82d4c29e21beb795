/** A stat name without its variable parts, and those parts as tags. */
export interface TaggedName {
  readonly name: string;
  readonly tags: readonly (readonly [tag: string, value: string])[];
}

export interface CustomTag {
  readonly tag: string;
  readonly regex: RegExp | undefined;
  readonly fixed: string | undefined;
}

/** Reads `stats_config.stats_tags`; a malformed expression comes back as a message. */
export function readCustomTags(statsConfig: Readonly<Record<string, any>> | undefined): readonly CustomTag[] {
  return (statsConfig?.statsTags ?? []).flatMap((entry: Readonly<Record<string, any>>) => {
    if (entry.fixedValue !== undefined)
      return [{ tag: entry.tagName ?? '', regex: undefined, fixed: entry.fixedValue }];
    return entry.regex
      ? [{ tag: entry.tagName ?? '', regex: new RegExp(entry.regex), fixed: undefined }]
      : [];
  });
}

interface Rule {
  readonly tag: string;
  /** Group 1 is cut out of the name, group 2 is the value. */
  readonly regex: RegExp;
}

const token = (tag: string, prefix: string): Rule => ({
  tag,
  regex: new RegExp(`^${prefix}(\\.([^.]+))(?=\\.)`),
});

/** Rules by the first word of a name, in the order in which their tags are listed. */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  cluster: [
    { tag: 'envoy.grpc_bridge_method', regex: /^cluster\.[^.]+\.grpc\.[^.]+(\.([^.]+))(?=\.)/ },
    { tag: 'envoy.grpc_bridge_service', regex: /^cluster\.[^.]+\.grpc(\.([^.]+))(?=\.)/ },
    token('envoy.cluster_name', 'cluster'),
  ],
  http: [
    { tag: 'envoy.rds_route_config', regex: /^http\.[^.]+\.rds(\.(.+))(?=\.[^.]+$)/ },
    { tag: 'envoy.fault_downstream_cluster', regex: /^http\.[^.]+\.fault(\.([^.]+))(?=\.)/ },
    token('envoy.http_conn_manager_prefix', 'http'),
  ],
  listener: [
    { tag: 'envoy.http_conn_manager_prefix', regex: /^listener\..*?\.http(\.([^.]+))(?=\.)/ },
    { tag: 'envoy.worker_id', regex: /^listener\..*?\.worker(_(\d+))(?=\.)/ },
    {
      tag: 'envoy.listener_address',
      regex:
        /^listener(\.((?!admin\.).+?))(?=\.(?:downstream_|http\.|worker\.|no_filter_|extension_|network_|connections_|ssl\.|server_ssl))/,
    },
  ],
  server: [{ tag: 'envoy.worker_id', regex: /^server\.worker(_(\d+))(?=\.)/ }],
  thread_local_cluster_manager: [
    { tag: 'envoy.worker_id', regex: /^thread_local_cluster_manager\.worker(_(\d+))(?=\.)/ },
  ],
  vhost: [
    { tag: 'envoy.virtual_cluster', regex: /^vhost\..*?\.vcluster(\.([^.]+))(?=\.)/ },
    token('envoy.virtual_host', 'vhost'),
    { tag: 'envoy.route', regex: /^vhost\.route(\.([^.]+))(?=\.)/ },
  ],
  tcp: [token('envoy.tcp_prefix', 'tcp')],
  udp: [token('envoy.udp_prefix', 'udp')],
  ratelimit: [token('envoy.ratelimit_prefix', 'ratelimit')],
  local_rate_limit: [token('envoy.local_network_ratelimit_prefix', 'local_rate_limit')],
  mongo: [token('envoy.mongo_prefix', 'mongo')],
  redis: [token('envoy.redis_prefix', 'redis')],
};

const localHttpRateLimit: Rule = {
  tag: 'envoy.local_http_ratelimit_prefix',
  regex: /^(([^.]+)\.)(?=http_local_rate_limit\.)/,
};
const responseCode: Rule = { tag: 'envoy.response_code', regex: /_rq(_(\d{3}))$/ };
const responseClass: Rule = { tag: 'envoy.response_code_class', regex: /_rq_((\d))xx$/ };

/** Finds the tags of a name: the configured ones, then Envoy's default ones. */
export function extractTags(name: string, custom: readonly CustomTag[], defaults: boolean): TaggedName {
  const tags: [string, string][] = [];
  let rest = name;
  for (const { tag, fixed } of custom) if (fixed !== undefined) tags.push([tag, fixed]);
  for (const { tag, regex } of custom) {
    const match = regex?.exec(rest);
    if (!match?.[1]) continue;
    tags.push([tag, match[2] ?? match[1]]);
    rest = cut(rest, match[1]);
  }
  if (!defaults) return { name: rest, tags };
  const first = rest.slice(0, rest.indexOf('.'));
  for (const rule of [responseCode, responseClass, ...(rules[first] ?? []), localHttpRateLimit]) {
    const match = rule.regex.exec(rest);
    if (!match) continue;
    tags.push([rule.tag, match[2]!]);
    const at = match.index + match[0].lastIndexOf(match[1]!);
    rest = rest.slice(0, at) + rest.slice(at + match[1]!.length);
  }
  return { name: rest, tags };
}

function cut(text: string, part: string): string {
  const at = text.indexOf(part);
  return text.slice(0, at) + text.slice(at + part.length);
}
