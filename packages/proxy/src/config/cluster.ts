import type { Problem } from '@lateen/kit';
import { type Assignment, emptyAssignment, readAssignment } from './endpoints.ts';
import { type Message, Problems, words } from './problems.ts';
import { milliseconds, typeName } from './values.ts';

export type DiscoveryKind = 'STATIC' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'EDS' | 'ORIGINAL_DST';

export type BalancerConfig =
  | { readonly kind: 'ROUND_ROBIN'; readonly config: Message }
  | { readonly kind: 'LEAST_REQUEST'; readonly config: Message }
  | { readonly kind: 'RANDOM' }
  | { readonly kind: 'RING_HASH'; readonly config: Message }
  | { readonly kind: 'MAGLEV'; readonly config: Message }
  | { readonly kind: 'CLUSTER_PROVIDED' };

/** A cluster message that was found good. */
export interface ClusterConfig {
  readonly name: string;
  readonly statName: string;
  readonly message: Message;
  readonly discovery: DiscoveryKind;
  /** The configured endpoints; empty for EDS and ORIGINAL_DST. */
  readonly assignment: Assignment;
  readonly edsServiceName: string;
  readonly balancer: BalancerConfig;
  readonly localityWeighted: boolean;
  readonly panicThreshold: number;
  /** Milliseconds for which changes of health are gathered. */
  readonly mergeWindow: number;
}

const known =
  words(`name altStatName type edsClusterConfig connectTimeout perConnectionBufferLimitBytes lbPolicy loadAssignment
  healthChecks maxRequestsPerConnection circuitBreakers upstreamHttpProtocolOptions commonHttpProtocolOptions httpProtocolOptions
  http2ProtocolOptions typedExtensionProtocolOptions dnsRefreshRate dnsJitter dnsFailureRefreshRate respectDnsTtl dnsLookupFamily
  dnsResolvers useTcpForDnsLookups dnsResolutionConfig typedDnsResolverConfig waitForWarmOnInit outlierDetection cleanupInterval
  upstreamBindConfig lbSubsetConfig ringHashLbConfig maglevLbConfig originalDstLbConfig leastRequestLbConfig roundRobinLbConfig
  commonLbConfig transportSocket transportSocketMatches metadata protocolSelection upstreamConnectionOptions
  closeConnectionsOnHostHealthFailure ignoreHealthOnHostRemoval filters trackTimeoutBudgets trackClusterStats preconnectPolicy
  connectionPoolPerDownstreamConnection loadBalancingPolicy lrsServer lrsReportEndpointMetrics`);

/** Upstream network filters that change nothing on plain connections. */
const harmlessFilters = new Set([
  'istio.metadata_exchange',
  'envoy.filters.network.upstream.metadata_exchange',
]);

const dnsKinds = new Set<DiscoveryKind>(['STRICT_DNS', 'LOGICAL_DNS']);

/** Checks a Cluster message; all that is wrong comes back at once. */
export function readCluster(
  message: Message,
  path = '',
): { readonly value: ClusterConfig | undefined; readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const at = (field: string) => (path === '' ? field : `${path}.${field}`);
  if (!message.name) problems.add(at('name'), 'value length must be at least 1 characters');
  if (message.clusterType)
    problems.unsupported(at('cluster_type'), `cluster type ${message.clusterType.name}`);
  problems.onlyKnown({ ...message, clusterType: undefined }, new Set([...known, 'clusterType']), path);
  for (const [index, filter] of (message.filters ?? []).entries()) {
    if (!harmlessFilters.has(filter.name))
      problems.unsupported(at(`filters[${index}]`), `upstream filter ${filter.name}`);
  }
  const discovery = (message.type ?? 'STATIC') as DiscoveryKind;
  const assignment = readOwnAssignment(message, discovery, at, problems);
  const balancer = readBalancer(message, at, problems);
  checkCombination(message, discovery, balancer, at, problems);
  checkHealthChecks(message, at, problems);
  checkTables(balancer, at, problems);
  checkUnsupported(message, at, problems);
  const common = message.commonLbConfig ?? {};
  const value: ClusterConfig = {
    name: message.name ?? '',
    statName: message.altStatName || message.name || '',
    message,
    discovery,
    assignment,
    edsServiceName: message.edsClusterConfig?.serviceName || message.name || '',
    balancer,
    localityWeighted: common.localityWeightedLbConfig !== undefined || balancerWantsLocalities(message),
    panicThreshold: common.healthyPanicThreshold ? (common.healthyPanicThreshold.value ?? 0) : 50,
    mergeWindow: milliseconds(common.updateMergeWindow, 1000),
  };
  return { value: problems.list.length === 0 ? Object.freeze(value) : undefined, problems: problems.list };
}

function readOwnAssignment(
  message: Message,
  discovery: DiscoveryKind,
  at: (field: string) => string,
  problems: Problems,
): Assignment {
  if (discovery === 'EDS' || discovery === 'ORIGINAL_DST') {
    if (message.loadAssignment)
      problems.add(at('load_assignment'), `clusters of type ${discovery} must not set load_assignment`);
    return emptyAssignment;
  }
  const read = readAssignment(message.loadAssignment ?? {}, at('load_assignment.'), dnsKinds.has(discovery));
  problems.list.push(...read.problems.list);
  if (discovery === 'LOGICAL_DNS' && read.value.endpoints.length !== 1) {
    problems.add(
      at('load_assignment'),
      'LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single lb_endpoint',
    );
  }
  return read.value;
}

function checkCombination(
  message: Message,
  discovery: DiscoveryKind,
  balancer: BalancerConfig,
  at: (field: string) => string,
  problems: Problems,
): void {
  const provided = balancer.kind === 'CLUSTER_PROVIDED';
  if (discovery === 'ORIGINAL_DST' && !provided) {
    problems.add(
      at('lb_policy'),
      `cluster: LB policy ${balancer.kind} is not valid for Cluster type ORIGINAL_DST. 'CLUSTER_PROVIDED' is allowed only with cluster type 'ORIGINAL_DST'`,
    );
  }
  if (discovery !== 'ORIGINAL_DST' && provided) {
    problems.add(
      at('lb_policy'),
      `cluster: LB policy CLUSTER_PROVIDED cannot be combined with cluster type ${discovery}`,
    );
  }
  if (
    message.commonLbConfig?.consistentHashingLbConfig?.useHostnameForHashing &&
    discovery !== 'STRICT_DNS'
  ) {
    const text = `Cannot use hostname for consistent hashing loadbalancing for cluster of type: ${discovery}`;
    problems.add(at('common_lb_config.consistent_hashing_lb_config'), text);
  }
  if (discovery === 'EDS' && message.edsClusterConfig?.edsConfig === undefined) {
    problems.add(at('eds_cluster_config'), 'cannot create an EDS cluster without an EDS config');
  }
}

function checkHealthChecks(message: Message, at: (field: string) => string, problems: Problems): void {
  const checks: readonly Message[] = message.healthChecks ?? [];
  if (checks.length > 1) problems.add(at('health_checks'), 'Multiple health checks not supported');
  for (const [index, check] of checks.entries()) {
    const where = at(`health_checks[${index}]`);
    if (check.grpcHealthCheck) problems.unsupported(where, 'grpc_health_check');
    if (check.customHealthCheck) problems.unsupported(where, 'custom_health_check');
    for (const { start = 0, end = 0 } of check.httpHealthCheck?.expectedStatuses ?? []) {
      if (Number(start) >= Number(end)) {
        const text = `Invalid http expected status range: expecting start < end, but found start=${start} and end=${end}`;
        problems.add(`${where}.http_health_check.expected_statuses`, text);
      }
    }
  }
  const { baseEjectionTime, maxEjectionTime } = message.outlierDetection ?? {};
  if (
    maxEjectionTime !== undefined &&
    milliseconds(maxEjectionTime, 0) < milliseconds(baseEjectionTime, 30_000)
  ) {
    const text = "outlier detector's max_ejection_time cannot be smaller than base_ejection_time";
    problems.add(at('outlier_detection.max_ejection_time'), text);
  }
}

const switches: Readonly<Record<string, string>> = {
  closeConnectionsOnHostHealthFailure: 'close_connections_on_host_health_failure',
  lrsServer: 'lrs_server',
  useTcpForDnsLookups: 'use_tcp_for_dns_lookups',
};

function checkUnsupported(message: Message, at: (field: string) => string, problems: Problems): void {
  for (const [field, name] of Object.entries(switches)) {
    if (message[field]) problems.unsupported(at(name), name);
  }
  const resolvers = [
    ...(message.dnsResolvers ?? []),
    ...(message.dnsResolutionConfig?.resolvers ?? []),
    ...(message.typedDnsResolverConfig?.typedConfig?.resolvers ?? []),
  ];
  if (resolvers.length > 0)
    problems.unsupported(at('typed_dns_resolver_config'), "a DNS resolver other than the system's");
}

function checkTables(balancer: BalancerConfig, at: (field: string) => string, problems: Problems): void {
  if (balancer.kind === 'RING_HASH') {
    const [minimum, maximum] = [
      Number(balancer.config.minimumRingSize ?? 1024),
      Number(balancer.config.maximumRingSize ?? 8_388_608),
    ];
    if (minimum > maximum)
      problems.add(
        at('ring_hash_lb_config'),
        `ring hash: minimum_ring_size (${minimum}) > maximum_ring_size (${maximum})`,
      );
  }
  if (balancer.kind === 'MAGLEV') {
    const size = Number(balancer.config.tableSize ?? 65_537);
    if (!isPrime(size))
      problems.add(at('maglev_lb_config.table_size'), 'The table size of maglev must be prime number');
  }
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return number > 1;
}

const policyPrefix = 'envoy.extensions.load_balancing_policies.';
const policyKinds: Readonly<Record<string, BalancerConfig['kind']>> = {
  [`${policyPrefix}round_robin.v3.RoundRobin`]: 'ROUND_ROBIN',
  [`${policyPrefix}least_request.v3.LeastRequest`]: 'LEAST_REQUEST',
  [`${policyPrefix}random.v3.Random`]: 'RANDOM',
  [`${policyPrefix}ring_hash.v3.RingHash`]: 'RING_HASH',
  [`${policyPrefix}maglev.v3.Maglev`]: 'MAGLEV',
  [`${policyPrefix}cluster_provided.v3.ClusterProvided`]: 'CLUSTER_PROVIDED',
};

function typedPolicy(message: Message): Message | undefined {
  const policies: readonly Message[] = message.loadBalancingPolicy?.policies ?? [];
  for (const policy of policies) {
    const typed = policy.typedExtensionConfig?.typedConfig;
    if (policyKinds[typeName(typed)]) return typed;
    if (typeName(typed) === `${policyPrefix}wrr_locality.v3.WrrLocality`) {
      return typedPolicy({ loadBalancingPolicy: typed.endpointPickingPolicy });
    }
  }
  return undefined;
}

function balancerWantsLocalities(message: Message): boolean {
  const policies: readonly Message[] = message.loadBalancingPolicy?.policies ?? [];
  const typed = policies[0]?.typedExtensionConfig?.typedConfig;
  return (
    typeName(typed).endsWith('WrrLocality') || typed?.localityLbConfig?.localityWeightedLbConfig !== undefined
  );
}

function readBalancer(message: Message, at: (field: string) => string, problems: Problems): BalancerConfig {
  if (message.loadBalancingPolicy) {
    const typed = typedPolicy(message);
    if (typed) return { kind: policyKinds[typeName(typed)]!, config: typed } as BalancerConfig;
    problems.unsupported(at('load_balancing_policy'), 'every policy in this list');
  }
  const kind = message.lbPolicy ?? 'ROUND_ROBIN';
  const configs: Readonly<Record<string, Message | undefined>> = {
    ROUND_ROBIN: message.roundRobinLbConfig,
    LEAST_REQUEST: message.leastRequestLbConfig,
    RING_HASH: message.ringHashLbConfig,
    MAGLEV: message.maglevLbConfig,
  };
  if (kind === 'LOAD_BALANCING_POLICY_CONFIG' && !message.loadBalancingPolicy)
    problems.add(at('load_balancing_policy'), 'is missing');
  return { kind, config: configs[kind] ?? {} } as BalancerConfig;
}
