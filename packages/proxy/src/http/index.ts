import type { Problem, Result } from '@lateen/kit';
import { compileRouteConfiguration } from '../route/index.ts';
import { readHcmSettings } from './config/hcm.ts';
import { join, problem, refuseUnknown, typeName } from './config/values.ts';
import type { CompiledFilter, FilterEnvironment } from './filters/filter.ts';
import { filterKinds } from './filters/list.ts';
import { Manager, type RouterSettings } from './manager.ts';
import type {
  AccessLogWriter,
  HcmConfig,
  HttpDependencies,
  Message,
  NetworkFilter,
  RouteTableHandle,
  RouteTableValue,
} from './types.ts';
import { poolsOf } from './upstream/shared.ts';

export type * from './types.ts';

const routerType = 'envoy.extensions.filters.http.router.v3.Router';

/**
 * Builds the network filter of one HttpConnectionManager. `value` is undefined when `problems` has an error;
 * `path` is where `config` stands in the configuration, for the problems' field paths.
 */
export function createHttpConnectionManager(
  config: HcmConfig,
  deps: HttpDependencies,
  path = '',
): Result<NetworkFilter | undefined> {
  const problems: Problem[] = [];
  const settings = readHcmSettings(config, path, problems);
  const environment: FilterEnvironment = {
    deps,
    stats: deps.stats.scope(`http.${settings.statPrefix}`),
    problems,
  };
  const filters: readonly Message[] = config.httpFilters ?? [];
  const chain = compileChain(filters, join(path, 'httpFilters'), environment);
  const upgradeChains = new Map<string, { enabled: boolean; chain: readonly CompiledFilter[] }>();
  for (const [type, upgrade] of settings.upgrades) {
    const own = upgrade.filters && compileChain(upgrade.filters, join(path, 'upgradeConfigs'), environment);
    upgradeChains.set(type, { enabled: upgrade.enabled, chain: own ?? chain });
  }
  const accessLogs = compileAccessLogs(config.accessLog ?? [], deps, join(path, 'accessLog'), problems);
  const router = readRouter(filters, join(path, 'httpFilters'), problems);
  const routes =
    problems.length === 0 || config.routeConfig ? routesOf(config, deps, path, problems) : undefined;
  if (routes === undefined || problems.some(({ severity }) => severity === 'error')) {
    routes?.release();
    return { value: undefined, problems };
  }
  const pools = poolsOf(deps.clusters, deps.clock);
  return {
    value: new Manager({ settings, router, chain, upgradeChains, accessLogs, routes, pools }, deps),
    problems,
  };
}

function routesOf(
  config: HcmConfig,
  deps: HttpDependencies,
  path: string,
  problems: Problem[],
): RouteTableHandle | undefined {
  if (config.rds !== undefined) return deps.routes(config.rds.routeConfigName ?? '');
  if (config.routeConfig === undefined) {
    problems.push(
      problem(path, 'needs route_config or rds; scoped_routes are not supported by this proxy yet'),
    );
    return undefined;
  }
  const compiled = compileRouteConfiguration(config.routeConfig, deps, {
    path: join(path, 'routeConfig'),
    validateClusters: true,
  });
  problems.push(...compiled.problems);
  return fixedHandle(compiled.value);
}

function fixedHandle(current: RouteTableValue | undefined): RouteTableHandle {
  return { current, release: () => {} };
}

/** The chain without its router, which must come last. */
function compileChain(
  filters: readonly Message[],
  path: string,
  environment: FilterEnvironment,
): CompiledFilter[] {
  const { problems } = environment;
  const chain: CompiledFilter[] = [];
  filters.forEach((filter, index) => {
    const at = `${path}[${index}]`;
    const config = unwrap(filter.typedConfig);
    const type = typeName(config);
    const last = index === filters.length - 1;
    if (type === routerType) {
      if (!last) problems.push(problem(at, 'the router must be the last filter of the chain'));
      return;
    }
    if (last)
      problems.push(
        problem(
          at,
          `non-terminal filter named ${filter.name} of type ${filter.name} is the last filter in a http filter chain.`,
        ),
      );
    const kind = filterKinds.find((candidate) => candidate.types.includes(type));
    if (kind === undefined) {
      if (!filter.isOptional)
        problems.push(
          problem(at, `HTTP filter ${type || filter.name} is not supported by this proxy yet; remove it`),
        );
      return;
    }
    const create = kind.compile(config ?? {}, join(at, 'typedConfig'), environment);
    chain.push({ name: filter.name ?? '', typeUrl: type, disabled: filter.disabled === true, create });
  });
  if (filters.length === 0) problems.push(problem(path, 'needs at least the router filter'));
  return chain;
}

/** A TypedStruct stands for the message that it names. */
function unwrap(config: Message | undefined): Message | undefined {
  const type = typeName(config);
  if (type !== 'udpa.type.v1.TypedStruct' && type !== 'xds.type.v3.TypedStruct') return config;
  return { ...config!.value, '@type': config!.typeUrl };
}

function readRouter(filters: readonly Message[], path: string, problems: Problem[]): RouterSettings {
  const index = filters.length - 1;
  const config: Message = filters[index]?.typedConfig ?? {};
  const supported = new Set([
    'dynamicStats',
    'startChildSpan',
    'suppressEnvoyHeaders',
    'respectExpectedRqTimeout',
    'suppressGrpcRequestFailureCodeStats',
  ]);
  if (typeName(config) === routerType)
    refuseUnknown(config, supported, `${path}[${index}].typedConfig`, problems);
  return {
    suppressEnvoyHeaders: config.suppressEnvoyHeaders === true,
    respectExpected: config.respectExpectedRqTimeout === true,
  };
}

function compileAccessLogs(
  configs: readonly Message[],
  deps: HttpDependencies,
  path: string,
  problems: Problem[],
): AccessLogWriter[] {
  const writers: AccessLogWriter[] = [];
  configs.forEach((config, index) => {
    const compiled = deps.createAccessLogger(config, `${path}[${index}]`);
    problems.push(...compiled.problems);
    if (compiled.value !== undefined) writers.push(compiled.value);
  });
  return writers;
}
