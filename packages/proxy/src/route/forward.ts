import { fraction, join, optionalDuration, problem, refuseUnknown } from '../http/config/values.ts';
import { compileCorsPolicy } from '../http/filters/cors-policy.ts';
import type { Message } from '../http/types.ts';
import { compileHashPolicies } from './hash-policy.ts';
import { compileHeaderOps } from './header-ops.ts';
import { type Compilation, compileLevel } from './level.ts';
import type { PathMatch } from './path-match.ts';
import { compileRetryPolicy } from './retry-policy.ts';
import { compileHostRewrite, compilePathRewrite } from './rewrite.ts';
import type {
  ConfigLevel,
  ForwardAction,
  InternalRedirect,
  Mirror,
  VirtualHost,
  WeightedCluster,
} from './types.ts';

const supported: ReadonlySet<string> = new Set(
  `cluster clusterHeader weightedClusters clusterNotFoundResponseCode metadataMatch prefixRewrite regexRewrite
pathRewritePolicy hostRewriteLiteral autoHostRewrite hostRewriteHeader hostRewritePathRegex appendXForwardedHost
timeout idleTimeout earlyDataPolicy retryPolicy requestMirrorPolicies priority rateLimits includeVhRateLimits
hashPolicy cors maxGrpcTimeout grpcTimeoutOffset upgradeConfigs internalRedirectPolicy internalRedirectAction
maxInternalRedirects maxStreamDuration flushTimeout hedgePolicy`.split(/\s+/),
);

/** Envoy's default of a route without a timeout of its own. */
const defaultTimeout = 15_000;

export function compileForward(
  action: Message,
  match: PathMatch,
  host: VirtualHost,
  levels: readonly ConfigLevel[],
  path: string,
  compilation: Compilation,
): ForwardAction {
  const { problems } = compilation;
  refuseUnknown(action, supported, path, problems);
  if (action.hedgePolicy?.hedgeOnPerTryTimeout)
    problems.push(problem(join(path, 'hedgePolicy'), 'is not supported by this proxy yet'));
  checkCluster(action.cluster, join(path, 'cluster'), compilation);
  const weighted = compileWeighted(
    action.weightedClusters,
    levels,
    join(path, 'weightedClusters'),
    compilation,
  );
  const duration: Message = action.maxStreamDuration ?? {};
  return {
    kind: 'forward',
    cluster: action.cluster || undefined,
    clusterHeader: action.clusterHeader ? String(action.clusterHeader).toLowerCase() : undefined,
    weighted,
    weightedTotal: (weighted ?? []).reduce((sum, cluster) => sum + cluster.weight, 0),
    weightedHeader: action.weightedClusters?.headerName?.toLowerCase() || undefined,
    weightedByHash: action.weightedClusters?.useHashPolicy === true,
    clusterNotFoundCode: notFoundCodes[action.clusterNotFoundResponseCode ?? ''] ?? 503,
    timeout: optionalDuration(action.timeout) ?? defaultTimeout,
    limitsDuration: action.maxStreamDuration !== undefined,
    idleTimeout: optionalDuration(action.idleTimeout),
    maxStreamDuration: optionalDuration(duration.maxStreamDuration),
    grpcHeaderMax: optionalDuration(duration.grpcTimeoutHeaderMax),
    grpcHeaderOffset: optionalDuration(duration.grpcTimeoutHeaderOffset) ?? 0,
    maxGrpcTimeout: optionalDuration(action.maxGrpcTimeout),
    grpcTimeoutOffset: optionalDuration(action.grpcTimeoutOffset) ?? 0,
    retry: compileRetryPolicy(action.retryPolicy ?? host.retryPolicy, join(path, 'retryPolicy'), problems),
    priority: action.priority === 'HIGH' ? 'HIGH' : 'DEFAULT',
    hash: compileHashPolicies(action.hashPolicy, join(path, 'hashPolicy'), problems),
    pathRewrite: compilePathRewrite(action, match, path, problems),
    hostRewrite: compileHostRewrite(action, path, problems),
    appendForwardedHost: action.appendXForwardedHost === true,
    mirrors: ((action.requestMirrorPolicies ?? []) as Message[]).map((policy, index) =>
      compileMirror(policy, `${path}.requestMirrorPolicies[${index}]`, compilation),
    ),
    upgrades: readUpgrades(action.upgradeConfigs ?? []),
    internalRedirect: readInternalRedirect(action, path, compilation),
    metadataMatch: action.metadataMatch?.filterMetadata?.['envoy.lb'],
    includeVirtualHostRateLimits: action.includeVhRateLimits === true,
    cors: compileCorsPolicy(action.cors, join(path, 'cors'), problems),
  };
}

const notFoundCodes: Readonly<Record<string, number>> = {
  SERVICE_UNAVAILABLE: 503,
  NOT_FOUND: 404,
  INTERNAL_SERVER_ERROR: 500,
};

function checkCluster(name: string | undefined, path: string, compilation: Compilation): void {
  if (!name || !compilation.validateClusters || compilation.deps.knowsCluster === undefined) return;
  if (!compilation.deps.knowsCluster(name))
    compilation.problems.push(problem(path, `route: unknown cluster '${name}'`));
}

function compileWeighted(
  message: Message | undefined,
  levels: readonly ConfigLevel[],
  path: string,
  compilation: Compilation,
): readonly WeightedCluster[] | undefined {
  if (message === undefined) return undefined;
  const clusters = ((message.clusters ?? []) as Message[]).map((cluster, index) => {
    const at = `${path}.clusters[${index}]`;
    checkCluster(cluster.name, `${at}.name`, compilation);
    const level = compileLevel(cluster, at, compilation);
    return {
      name: cluster.name || undefined,
      header: cluster.clusterHeader ? String(cluster.clusterHeader).toLowerCase() : undefined,
      weight: cluster.weight ?? 0,
      level,
      levels: [level, ...levels],
      hostRewrite: compileHostRewrite(cluster, at, compilation.problems),
      metadataMatch: cluster.metadataMatch?.filterMetadata?.['envoy.lb'],
    };
  });
  if (clusters.reduce((sum, cluster) => sum + cluster.weight, 0) === 0) {
    compilation.problems.push(
      problem(path, 'Sum of weights in the weighted_cluster must be greater than 0.'),
    );
  }
  return clusters;
}

function compileMirror(policy: Message, path: string, compilation: Compilation): Mirror {
  checkCluster(policy.cluster, join(path, 'cluster'), compilation);
  return {
    cluster: policy.cluster || undefined,
    header: policy.clusterHeader ? String(policy.clusterHeader).toLowerCase() : undefined,
    runtimeKey: policy.runtimeFraction?.runtimeKey ?? '',
    fraction: policy.runtimeFraction === undefined ? 1 : fraction(policy.runtimeFraction.defaultValue),
    appendShadow: policy.disableShadowHostSuffixAppend !== true,
    hostRewrite: policy.hostRewriteLiteral || undefined,
    request: compileHeaderOps(
      ((policy.requestHeadersMutations ?? []) as Message[]).flatMap((mutation) =>
        mutation.append ? [mutation.append] : [],
      ),
      ((policy.requestHeadersMutations ?? []) as Message[]).flatMap((mutation) =>
        mutation.remove ? [mutation.remove] : [],
      ),
      compilation.deps.compileFormat,
      join(path, 'requestHeadersMutations'),
      compilation.problems,
    ),
  };
}

function readUpgrades(configs: readonly Message[]): ForwardAction['upgrades'] {
  return new Map(
    configs.map((config) => [
      String(config.upgradeType).toLowerCase(),
      { enabled: config.enabled ?? true, connect: config.connectConfig },
    ]),
  );
}

function readInternalRedirect(
  action: Message,
  path: string,
  compilation: Compilation,
): InternalRedirect | undefined {
  const policy: Message | undefined = action.internalRedirectPolicy;
  if (policy === undefined) return undefined;
  let safeCrossScheme = false;
  for (const predicate of (policy.predicates ?? []) as Message[]) {
    if (String(predicate.name).endsWith('safe_cross_scheme')) safeCrossScheme = true;
    else
      compilation.problems.push(
        problem(
          join(path, 'internalRedirectPolicy.predicates'),
          `${predicate.name} is not supported by this proxy yet`,
        ),
      );
  }
  return {
    maxCount: policy.maxInternalRedirects ?? 1,
    codes: policy.redirectResponseCodes?.length ? policy.redirectResponseCodes : [302],
    allowCrossScheme: policy.allowCrossSchemeRedirect === true,
    safeCrossScheme,
  };
}
