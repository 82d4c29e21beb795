import type {
  ClientTlsSettings,
  ConnectionPoolSettings,
  LoadBalancerSettings,
  OutlierDetection,
  PortTrafficPolicy,
  TrafficPolicy,
} from '../destination-rule.ts';
import type { Check } from './check.ts';
import { checkLocality } from './locality.ts';
import { fqdnFault } from './names.ts';

export function checkTrafficPolicy(
  check: Check,
  policy: TrafficPolicy | null | undefined,
  path: string,
): void {
  if (!policy) return;
  if (Object.values(policy).every((part) => part === undefined || part === null))
    check.error(path, 'must not be empty');
  checkParts(check, policy, path);
  check.each(policy.portLevelSettings, `${path}.portLevelSettings`, (entry, at) => {
    check.port(entry?.port?.number, `${at}.port.number`);
    if (entry) checkParts(check, entry, at);
  });
  const { tunnel, retryBudget } = policy;
  if (tunnel) {
    if (tunnel.protocol && !['CONNECT', 'POST'].includes(tunnel.protocol))
      check.error(`${path}.tunnel.protocol`, 'must be CONNECT or POST');
    const fault = fqdnFault(tunnel.targetHost ?? '');
    if (fault) check.error(`${path}.tunnel.targetHost`, fault);
    check.port(tunnel.targetPort, `${path}.tunnel.targetPort`);
  }
  if (retryBudget) check.range(retryBudget.percent, `${path}.retryBudget.percent`, 0, 100);
}

function checkParts(check: Check, part: PortTrafficPolicy, path: string): void {
  checkOutliers(check, part.outlierDetection, `${path}.outlierDetection`);
  checkPool(check, part.connectionPool, `${path}.connectionPool`);
  checkBalancer(
    check,
    part.loadBalancer,
    `${path}.loadBalancer`,
    part.outlierDetection !== undefined && part.outlierDetection !== null,
  );
  checkClientTls(check, part.tls, `${path}.tls`);
}

export function checkOutliers(
  check: Check,
  outliers: OutlierDetection | null | undefined,
  path: string,
): void {
  if (!outliers) return;
  check.duration(outliers.interval, `${path}.interval`);
  check.duration(outliers.baseEjectionTime, `${path}.baseEjectionTime`);
  check.range(outliers.maxEjectionPercent, `${path}.maxEjectionPercent`, 0, 100);
  check.range(outliers.minHealthPercent, `${path}.minHealthPercent`, 0, 100);
  if (outliers.consecutiveErrors)
    check.warning(`${path}.consecutiveErrors`, 'is deprecated; use consecutive5xxErrors', 'Deprecated');
  if (outliers.consecutiveLocalOriginFailures && !outliers.splitExternalLocalOriginErrors) {
    check.error(`${path}.consecutiveLocalOriginFailures`, 'needs splitExternalLocalOriginErrors: true');
  }
}

export function checkPool(check: Check, pool: ConnectionPoolSettings | null | undefined, path: string): void {
  if (!pool) return;
  const { tcp, http } = pool;
  if (!tcp && !http) check.error(path, 'one of tcp and http is required');
  check.notNegative(tcp?.maxConnections, `${path}.tcp.maxConnections`);
  check.duration(tcp?.connectTimeout, `${path}.tcp.connectTimeout`);
  check.duration(tcp?.maxConnectionDuration, `${path}.tcp.maxConnectionDuration`);
  check.duration(tcp?.idleTimeout, `${path}.tcp.idleTimeout`, { zero: true });
  for (const field of [
    'http1MaxPendingRequests',
    'http2MaxRequests',
    'maxRequestsPerConnection',
    'maxRetries',
    'maxConcurrentStreams',
  ] as const) {
    check.notNegative(http?.[field], `${path}.http.${field}`);
  }
  check.duration(http?.idleTimeout, `${path}.http.idleTimeout`, { zero: true });
  if (http?.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol) {
    check.error(`${path}.http`, 'h2UpgradePolicy: UPGRADE and useClientProtocol exclude each other');
  }
  if (!http?.http2KeepAlive) return;
  check.required(http.http2KeepAlive.interval, `${path}.http.http2KeepAlive.interval`);
  check.duration(http.http2KeepAlive.interval, `${path}.http.http2KeepAlive.interval`);
  check.duration(http.http2KeepAlive.timeout, `${path}.http.http2KeepAlive.timeout`);
}

export function checkBalancer(
  check: Check,
  balancer: LoadBalancerSettings | null | undefined,
  path: string,
  outliers: boolean,
): void {
  if (!balancer) return;
  const { consistentHash: hash, warmup } = balancer;
  if (hash?.httpCookie && !hash.httpCookie.name)
    check.error(`${path}.consistentHash.httpCookie.name`, 'is required', 'Required');
  check.duration(hash?.httpCookie?.ttl, `${path}.consistentHash.httpCookie.ttl`, { zero: true });
  if (hash?.httpHeaderName === '') check.error(`${path}.consistentHash.httpHeaderName`, 'must not be empty');
  if (balancer.localityLbSetting && balancer.zoneAwareLbSetting)
    check.error(path, 'localityLbSetting and zoneAwareLbSetting exclude each other');
  checkLocality(check, balancer.localityLbSetting, `${path}.localityLbSetting`, outliers);
  checkLocality(check, balancer.zoneAwareLbSetting as never, `${path}.zoneAwareLbSetting`, outliers);
  check.duration(balancer.warmupDurationSecs, `${path}.warmupDurationSecs`);
  if (!warmup) return;
  check.required(warmup.duration, `${path}.warmup.duration`);
  check.duration(warmup.duration, `${path}.warmup.duration`);
  check.range(warmup.minimumPercent, `${path}.warmup.minimumPercent`, 0, 100);
  if (warmup.aggression !== undefined && warmup.aggression < 1)
    check.error(`${path}.warmup.aggression`, 'must be at least 1');
}

export function checkClientTls(check: Check, tls: ClientTlsSettings | null | undefined, path: string): void {
  if (!tls) return;
  const files = (['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const).filter(
    (field) => tls[field],
  );
  if (tls.insecureSkipVerify && (tls.caCertificates || tls.credentialName) && tls.mode === 'SIMPLE') {
    check.error(`${path}.insecureSkipVerify`, 'excludes caCertificates and credentialName');
  }
  if (tls.insecureSkipVerify && tls.subjectAltNames?.length)
    check.error(`${path}.subjectAltNames`, 'must be empty with insecureSkipVerify');
  if (tls.insecureSkipVerify && tls.mode === 'MUTUAL' && tls.caCertificates)
    check.error(`${path}.caCertificates`, 'must be empty with insecureSkipVerify');
  if (tls.mode === 'ISTIO_MUTUAL') {
    if (files.length > 0 || tls.credentialName)
      check.error(path, "ISTIO_MUTUAL uses the mesh's own certificates; name none");
    return;
  }
  if (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL') return;
  if (tls.credentialName && files.length > 0)
    check.error(`${path}.${files[0]}`, 'must be empty with credentialName');
  if (tls.mode !== 'MUTUAL' || tls.credentialName) return;
  check.required(tls.clientCertificate, `${path}.clientCertificate`);
  check.required(tls.privateKey, `${path}.privateKey`);
}
