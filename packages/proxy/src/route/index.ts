import type { Problem, Result } from '@lateen/kit';
import { join, problem, refuseUnknown } from '../http/config/values.ts';
import { compileCorsPolicy } from '../http/filters/cors-policy.ts';
import type { RequestHeaders } from '../http/header-list.ts';
import type { Message, RouteTableValue } from '../http/types.ts';
import { compileRoute } from './compile.ts';
import { compileHeaderMatches } from './header-match.ts';
import { type Compilation, type CompileDependencies, compileLevel } from './level.ts';
import type {
  Match,
  MatchContext,
  Route,
  RouteTable,
  VirtualCluster,
  VirtualHost,
  WeightedCluster,
} from './types.ts';
import { DomainIndex } from './virtual-hosts.ts';

export interface RouteCompileOptions {
  readonly path: string;
  /** Refuse routes to unknown clusters; defaults to what the message says, false without a word. */
  readonly validateClusters?: boolean;
}

const supported: ReadonlySet<string> = new Set(
  `name virtualHosts internalOnlyHeaders responseHeadersToAdd responseHeadersToRemove requestHeadersToAdd
requestHeadersToRemove mostSpecificHeaderMutationsWins validateClusters maxDirectResponseBodySizeBytes
ignorePortInHostMatching ignorePathParametersInPathMatching typedPerFilterConfig requestMirrorPolicies vhostHeader
metadata`.split(/\s+/),
);

const supportedHost: ReadonlySet<string> = new Set(
  `name domains routes requireTls virtualClusters rateLimits requestHeadersToAdd requestHeadersToRemove
responseHeadersToAdd responseHeadersToRemove cors typedPerFilterConfig includeRequestAttemptCount
includeAttemptCountInResponse retryPolicy hedgePolicy includeIsTimeoutRetryHeader perRequestBufferLimitBytes
requestBodyBufferLimit requestMirrorPolicies metadata`.split(/\s+/),
);

/** Compiles a RouteConfiguration (canonical JSON, validated) into what the router matches on; used for RDS updates and inline `routeConfig`. */
export function compileRouteConfiguration(
  message: Message,
  deps: CompileDependencies,
  options: RouteCompileOptions,
): Result<RouteTableValue | undefined> {
  const problems: Problem[] = [];
  const compilation: Compilation = {
    deps,
    problems,
    validateClusters: message.validateClusters ?? options.validateClusters ?? false,
  };
  const table = compileTable(message, options.path, compilation);
  return { value: problems.some(({ severity }) => severity === 'error') ? undefined : table, problems };
}

function compileTable(message: Message, path: string, compilation: Compilation): RouteTable {
  const { problems } = compilation;
  refuseUnknown(message, supported, path, problems);
  const domains: [string, VirtualHost][] = [];
  const ignorePort = message.ignorePortInHostMatching === true;
  const vhostHeader: string | undefined = message.vhostHeader?.toLowerCase() || undefined;
  let index: DomainIndex | undefined;
  const table: RouteTable = {
    kind: 'table',
    name: message.name ?? '',
    level: compileLevel(message, path, compilation),
    internalOnlyHeaders: ((message.internalOnlyHeaders ?? []) as string[]).map((name) => name.toLowerCase()),
    mostSpecificWins: message.mostSpecificHeaderMutationsWins === true,
    findVirtualHost(headers) {
      const authority = vhostHeader === undefined ? headers.authority : headers.first(vhostHeader);
      if (authority === undefined && vhostHeader !== undefined) return undefined;
      return index!.find(ignorePort ? withoutPort(authority ?? '') : (authority ?? ''));
    },
  };
  ((message.virtualHosts ?? []) as Message[]).forEach((host, position) => {
    const compiled = compileHost(
      mirrored(host, message),
      table,
      `${join(path, 'virtualHosts')}[${position}]`,
      compilation,
    );
    for (const domain of host.domains ?? []) domains.push([domain, compiled]);
  });
  index = new DomainIndex(domains, table.name, join(path, 'virtualHosts'), problems);
  return table;
}

/** Mirror policies of outer levels count where a route has none. */
function mirrored(host: Message, outer: Message): Message {
  const policies = host.requestMirrorPolicies ?? outer.requestMirrorPolicies;
  if (policies === undefined) return host;
  const routes = ((host.routes ?? []) as Message[]).map((route) =>
    route.route === undefined || route.route.requestMirrorPolicies !== undefined
      ? route
      : { ...route, route: { ...route.route, requestMirrorPolicies: policies } },
  );
  return { ...host, routes };
}

function compileHost(
  message: Message,
  table: RouteTable,
  path: string,
  compilation: Compilation,
): VirtualHost {
  const { problems } = compilation;
  refuseUnknown(message, supportedHost, path, problems);
  const routes: Route[] = [];
  const host: VirtualHost = {
    name: message.name ?? '',
    level: compileLevel(message, path, compilation),
    routes,
    requireTls: message.requireTls ?? 'NONE',
    includeAttemptCount: message.includeRequestAttemptCount === true,
    includeAttemptCountInResponse: message.includeAttemptCountInResponse === true,
    virtualClusters: ((message.virtualClusters ?? []) as Message[]).map((cluster, index) =>
      compileVirtualCluster(cluster, `${path}.virtualClusters[${index}]`, problems),
    ),
    cors: compileCorsPolicy(message.cors, join(path, 'cors'), problems),
    rateLimits: message.rateLimits ?? [],
    retryPolicy: message.retryPolicy,
    metadata: message.metadata?.filterMetadata,
  };
  ((message.routes ?? []) as Message[]).forEach((route, index) => {
    routes.push(compileRoute(route, host, table, `${path}.routes[${index}]`, compilation));
  });
  return host;
}

function compileVirtualCluster(message: Message, path: string, problems: Problem[]): VirtualCluster {
  const tests = compileHeaderMatches(message.headers ?? [], join(path, 'headers'), problems);
  if (tests.length === 0) problems.push(problem(path, "virtual clusters must define 'headers'"));
  return { name: message.name ?? '', matches: (headers) => tests.every((test) => test(headers)) };
}

function withoutPort(host: string): string {
  const match = /^(.*):[0-9]+$/.exec(host);
  return match === null || (host.startsWith('[') && !match[1]!.endsWith(']')) ? host : match[1]!;
}

/** The first route of the virtual host that matches, and the weighted cluster that chance picks. */
export function findRoute(
  table: RouteTable,
  headers: RequestHeaders,
  context: MatchContext,
): Match | 'tls-redirect' | undefined {
  const host = table.findVirtualHost(headers);
  if (host === undefined) return undefined;
  if (host.requireTls !== 'NONE' && !context.isTls && headers.first('x-forwarded-proto') !== 'https') {
    if (host.requireTls === 'ALL' || headers.first('x-envoy-internal') !== 'true') return 'tls-redirect';
  }
  const full = headers.path ?? '';
  const query = full.indexOf('?');
  const path = query < 0 ? full : full.slice(0, query);
  for (const route of host.routes) {
    if (!route.matches(path, headers, context)) continue;
    const { action } = route;
    const weighted =
      action.kind === 'forward' && action.weighted ? pickWeighted(action, headers, context) : undefined;
    return { route, weighted };
  }
  return undefined;
}

function pickWeighted(
  action: Extract<Route['action'], { kind: 'forward' }>,
  headers: RequestHeaders,
  context: MatchContext,
): WeightedCluster {
  const clusters = action.weighted!;
  let value = Math.floor(context.random() * action.weightedTotal);
  const given = action.weightedHeader === undefined ? undefined : headers.first(action.weightedHeader);
  if (given !== undefined && /^[0-9]+$/.test(given))
    value = Number(BigInt(given) % BigInt(action.weightedTotal));
  for (const cluster of clusters) {
    if (value < cluster.weight) return cluster;
    value -= cluster.weight;
  }
  return clusters[clusters.length - 1]!;
}
