import type { Result } from '@lateen/kit';
import type { Message } from '../config/problems.ts';
import { typeName } from '../config/values.ts';
import { createHttpConnectionManager } from '../http/index.ts';
import type { HttpDependencies, NetworkFilter } from '../http/types.ts';
import { DirectResponseFilter, EchoFilter } from '../tcp/simple-filters.ts';
import { createTcpProxy, type TcpProxyDependencies } from '../tcp/tcp-proxy.ts';
import { listHttpStats } from '../telemetry/http-stat-names.ts';
import type { StatsScope } from '../telemetry/stats.ts';

export interface NetworkFilterDependencies {
  readonly http: HttpDependencies;
  readonly tcp: TcpProxyDependencies;
  /** RDS handles of one connection manager; the second argument is its `config_source`, the third its stats. */
  readonly routes: (
    name: string,
    source: Message,
    stats: StatsScope,
  ) => ReturnType<HttpDependencies['routes']>;
}

type Create = (
  config: Message,
  deps: NetworkFilterDependencies,
  path: string,
) => Result<NetworkFilter | undefined>;

const good = (value: NetworkFilter): Result<NetworkFilter | undefined> => ({ value, problems: [] });

const network = 'envoy.extensions.filters.network.';

/** Filters that end a chain, by type. */
const terminal: Readonly<Record<string, Create>> = {
  [`${network}http_connection_manager.v3.HttpConnectionManager`]: (config, deps, path) => {
    listHttpStats(deps.http.stats.scope(`http.${config.statPrefix ?? ''}`));
    const source = config.rds?.configSource ?? {};
    return createHttpConnectionManager(
      config,
      {
        ...deps.http,
        routes: (name) =>
          deps.routes(name, source, deps.http.stats.scope(`http.${config.statPrefix ?? ''}.rds.${name}`)),
      },
      path,
    );
  },
  [`${network}tcp_proxy.v3.TcpProxy`]: (config, deps, path) => createTcpProxy(config, deps.tcp, path),
  [`${network}echo.v3.Echo`]: () => good(new EchoFilter()),
  [`${network}direct_response.v3.Config`]: (config) =>
    good(new DirectResponseFilter(Buffer.from(config.response?.inlineString ?? ''))),
};

/** Telemetry of an Istio control plane that changes nothing on the wire here. */
const passive = new Set([
  'istio.metadata_exchange',
  'istio.stats',
  'istio.stackdriver',
  'envoy.filters.network.set_filter_state',
  'connection_authority',
]);

/** Builds what a filter chain ends in. */
export function createNetworkFilter(
  filters: readonly Message[],
  deps: NetworkFilterDependencies,
  path: string,
): Result<NetworkFilter | undefined> {
  if (filters.length === 0) return good(new DirectResponseFilter(Buffer.alloc(0)));
  const wrong = (where: string, message: string): Result<undefined> => ({
    value: undefined,
    problems: [{ code: 'Unsupported', severity: 'error', path: where, message }],
  });
  for (const [index, filter] of filters.entries()) {
    const where = `${path}.filters[${index}]`;
    const type = typeName(filter.typedConfig);
    const create = terminal[type] ?? (filter.typedConfig ? undefined : terminalByName(filter.name));
    if (create && index < filters.length - 1) {
      return wrong(
        where,
        `Error: terminal filter named ${filter.name} of type ${filter.name} must be the last filter in a network filter chain.`,
      );
    }
    if (create) return create(filter.typedConfig ?? {}, deps, `${where}.typed_config`);
    if (!passive.has(filter.name))
      return wrong(where, `network filter ${type || filter.name} is not supported by this proxy; remove it`);
  }
  return wrong(`${path}.filters`, 'Error: non-terminal filter is the last filter in a network filter chain.');
}

const terminalByName = (name: string): Create | undefined =>
  name === 'envoy.filters.network.echo' ? terminal[`${network}echo.v3.Echo`] : undefined;
