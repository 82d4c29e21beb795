import type { TrafficPolicy } from '../../ir/destination.ts';
import { portOrigin } from '../../ir/service.ts';
import { defined, duration, type Generating, type Json } from '../context.ts';
import { clusterName, configPath } from '../names.ts';
import { effectivePolicy } from '../policy.ts';
import { provenance } from '../provenance.ts';
import { statName } from '../stat-name.ts';
import { balancingFields } from './balancing.ts';
import { keepalive } from './keepalive.ts';
import { isOriginalDestination, lookupFields } from './lookup.ts';
import { outlierFields } from './outliers.ts';
import { type ClusterParts, cluster, metadataExchange, thresholds } from './parts.ts';
import { protocolOptions } from './protocol.ts';
import type { Target } from './target.ts';
import { autoServerName, upstreamTls } from './upstream-tls.ts';

/** The clusters of every port of every service that the proxy sees, and those of their subsets. */
export function outboundClusters(context: Generating): ClusterParts[] {
  const { scope } = context;
  const result = new Map<string, ClusterParts>();
  for (const service of scope.services) {
    if (service.resolution === 'alias') continue;
    const rules = scope.policyOf(service);
    for (const port of service.ports) {
      if (port.protocol === 'UDP') continue;
      for (const subset of [undefined, ...(rules?.subsets ?? [])]) {
        const made = outboundCluster(context, { service, port, subset, rules });
        if (!result.has(made.name)) result.set(made.name, made);
      }
    }
  }
  return [...result.values()];
}

/** The names of those clusters whose endpoints are sent apart, without making the clusters. */
export function separateEndpointNames(context: Generating): string[] {
  const { scope } = context;
  const names = new Set<string>();
  for (const service of scope.services) {
    if (['alias', 'dns', 'dnsRoundRobin'].includes(service.resolution)) continue;
    const rules = scope.policyOf(service);
    for (const port of service.ports) {
      if (port.protocol === 'UDP') continue;
      for (const subset of [undefined, ...(rules?.subsets ?? [])]) {
        const policy = effectivePolicy(rules, subset?.name ?? '', port.number);
        if (isOriginalDestination(context, { service, port, subset, rules }, policy)) continue;
        names.add(clusterName(port.number, subset?.name ?? '', service.host));
      }
    }
  }
  return [...names].sort();
}

function outboundCluster(context: Generating, target: Target): ClusterParts {
  const { service, port, subset, rules } = target;
  const policy = effectivePolicy(rules, subset?.name ?? '', port.number);
  const { mesh } = context.scope;
  return cluster(clusterName(port.number, subset?.name ?? '', service.host), {
    altStatName: `${statName(mesh.outboundStatName, service, port, subset?.name)};`,
    circuitBreakers: { thresholds: [thresholds(policy.pool)] },
    commonLbConfig: commonLb(policy),
    connectTimeout: duration(policy.pool?.connectTimeout ?? mesh.connectTimeout),
    filters: context.plain ? undefined : [metadataExchange],
    ...balancingFields(policy.balancing),
    ...lookupFields(context, target, policy),
    metadata: clusterMetadata(target, policy),
    outlierDetection: outlierFields(policy.outliers),
    typedExtensionProtocolOptions: protocolOptions(port, policy.pool, {
      upgradeAll: mesh.h2Upgrade,
      sniff: context.scope.node.type === 'sidecar',
      serverName: context.plain ? undefined : autoServerName(policy.tls),
    }),
    upstreamConnectionOptions: keepalive(policy.pool?.keepalive ?? mesh.keepalive),
    ...upstreamTls(context, target, policy),
  });
}

function commonLb(policy: TrafficPolicy): Json {
  const minimum = policy.outliers?.minHealthPercent;
  const locality = policy.balancing?.locality;
  return defined({
    healthyPanicThreshold: minimum ? { value: minimum } : {},
    localityWeightedLbConfig:
      locality && locality.enabled !== false && !policy.balancing?.hash ? {} : undefined,
  });
}

function clusterMetadata({ service, port, subset, rules }: Target, policy: TrafficPolicy): Json {
  const { host, name, namespace } = service;
  const istio = defined({
    alpn_override:
      policy.tls && (policy.tls.mode === 'SIMPLE' || policy.tls.mode === 'MUTUAL') ? 'false' : undefined,
    config: rules && configPath(rules.origin),
    external: service.external ? true : undefined,
    services: [{ host, name, namespace }],
    subset: subset?.name,
  });
  return provenance(istio, subset?.origin ?? rules?.origin, portOrigin(service, port));
}
