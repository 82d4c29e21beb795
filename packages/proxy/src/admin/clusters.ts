import type { UpstreamHost } from '../upstream/host.ts';
import { socketAddress } from './config-dump.ts';
import { pretty } from './proto-json.ts';
import { compileRe2 } from './regex.ts';
import { type AdminReply, json, text } from './reply.ts';
import type { AdminRequest } from './request.ts';
import type { AdminTarget } from './target.ts';

type Cluster = ReturnType<AdminTarget['clusters']['entries']>[number]['cluster'];

/** `/clusters`. */
export function clusters(target: AdminTarget, { query }: AdminRequest): AdminReply {
  const filter = query.get('filter');
  const regex = filter ? compileRe2(filter) : undefined;
  if (typeof regex === 'string') return text(regex, 400);
  const wanted = target.clusters
    .entries()
    .map(({ cluster }) => cluster)
    .filter((cluster) => regex?.test(cluster.name) ?? true);
  if (query.get('format') === 'json')
    return json(pretty(wanted.length > 0 ? { cluster_statuses: wanted.map(clusterStatus) } : {}));
  return text(wanted.map(clusterText).join(''));
}

const priorities = [
  ['default', 'DEFAULT'],
  ['high', 'HIGH'],
] as const;

function clusterText(cluster: Cluster): string {
  const { name } = cluster;
  const lines = [`observability_name::${cluster.config.statName}`];
  if (cluster.outlier)
    lines.push('outlier::success_rate_average::-1', 'outlier::success_rate_ejection_threshold::-1');
  if (cluster.outlier)
    lines.push(
      'outlier::local_origin_success_rate_average::-1',
      'outlier::local_origin_success_rate_ejection_threshold::-1',
    );
  for (const [word, priority] of priorities) {
    const { limits } = cluster.breakers[priority];
    lines.push(`${word}_priority::max_connections::${limits.maxConnections}`);
    lines.push(`${word}_priority::max_pending_requests::${limits.maxPendingRequests}`);
    lines.push(`${word}_priority::max_requests::${limits.maxRequests}`);
    lines.push(`${word}_priority::max_retries::${limits.maxRetries}`);
  }
  lines.push(`added_via_api::${cluster.addedViaApi}`);
  const service = cluster.message.edsClusterConfig?.serviceName;
  if (service) lines.push(`eds_service_name::${service}`);
  for (const host of cluster.hosts()) lines.push(...hostLines(host));
  return lines.map((line) => `${name}::${line}\n`).join('');
}

function hostLines(host: UpstreamHost): string[] {
  const fields: readonly (readonly [string, string | number | boolean])[] = [
    ['cx_active', host.activeConnections],
    ['cx_connect_fail', host.connectFailures],
    ['cx_total', host.connectionsTotal],
    ['rq_active', host.activeRequests],
    ['rq_error', host.requestsFailed],
    ['rq_pending_active', 0],
    ['rq_success', host.requestsSucceeded],
    ['rq_timeout', host.requestsTimedOut],
    ['rq_total', host.requestsTotal],
    ['hostname', host.hostname],
    ['health_flags', host.healthFlags()],
    ['weight', host.weight],
    ['region', host.locality.region],
    ['zone', host.locality.zone],
    ['sub_zone', host.locality.subZone],
    ['canary', host.metadata['envoy.lb']?.canary === true],
    ['priority', host.priority],
    ['success_rate', host.successRate],
    ['local_origin_success_rate', -1],
  ];
  return fields.map(([field, value]) => `${host.key}::${field}::${value}`);
}

function clusterStatus(cluster: Cluster): Record<string, unknown> {
  const thresholds = priorities.map(([, priority]) => {
    const { limits } = cluster.breakers[priority];
    return {
      ...(priority === 'HIGH' ? { priority } : {}),
      max_connections: limits.maxConnections,
      max_pending_requests: limits.maxPendingRequests,
      max_requests: limits.maxRequests,
      max_retries: limits.maxRetries,
    };
  });
  const service = cluster.message.edsClusterConfig?.serviceName;
  return {
    name: cluster.name,
    ...(cluster.addedViaApi ? { added_via_api: true } : {}),
    ...(cluster.hosts().length > 0 ? { host_statuses: cluster.hosts().map(hostStatus) } : {}),
    circuit_breakers: { thresholds },
    observability_name: cluster.config.statName,
    ...(service ? { eds_service_name: service } : {}),
  };
}

function hostStatus(host: UpstreamHost): Record<string, unknown> {
  const stat = (name: string, value: number, gauge = false) => ({
    ...(gauge ? { type: 'GAUGE' } : {}),
    ...(value === 0 ? {} : { value: String(value) }),
    name,
  });
  return {
    address: socketAddress(host),
    stats: [
      stat('cx_connect_fail', host.connectFailures),
      stat('cx_total', host.connectionsTotal),
      stat('rq_error', host.requestsFailed),
      stat('rq_success', host.requestsSucceeded),
      stat('rq_timeout', host.requestsTimedOut),
      stat('rq_total', host.requestsTotal),
      stat('cx_active', host.activeConnections, true),
      stat('rq_active', host.activeRequests, true),
      stat('rq_pending_active', 0, true),
    ],
    health_status: healthStatus(host),
    ...(host.successRate >= 0 ? { success_rate: { value: host.successRate } } : {}),
    weight: host.weight,
    ...(host.hostname ? { hostname: host.hostname } : {}),
    ...(host.priority > 0 ? { priority: host.priority } : {}),
    locality: localityJson(host),
  };
}

function healthStatus(host: UpstreamHost): Record<string, unknown> {
  const eds =
    ({ UNKNOWN: 'HEALTHY', TIMEOUT: 'UNHEALTHY' } as Record<string, string>)[host.healthStatus] ??
    host.healthStatus;
  return {
    ...(host.failedActiveHealthCheck ? { failed_active_health_check: true } : {}),
    ...(host.ejected ? { failed_outlier_check: true } : {}),
    ...(host.degradedActiveHealthCheck ? { failed_active_degraded_check: true } : {}),
    ...(host.pendingHealthCheck ? { pending_active_hc: true } : {}),
    eds_health_status: eds,
  };
}

function localityJson({ locality }: UpstreamHost): Record<string, string> {
  return {
    ...(locality.region ? { region: locality.region } : {}),
    ...(locality.zone ? { zone: locality.zone } : {}),
    ...(locality.subZone ? { sub_zone: locality.subZone } : {}),
  };
}
