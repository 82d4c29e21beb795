import type {
  OutlierDetection as ApiOutliers,
  TrafficPolicy as ApiPolicy,
  ClientTlsSettings,
  PortTrafficPolicy,
} from '@lateen/api/istio/destination-rule';
import type { ClientTls, OutlierDetection, TrafficPolicy } from '../../ir/destination.ts';
import type { Compiling } from '../context.ts';
import { compileBalancing } from './balancing.ts';
import { compilePool } from './pool.ts';

export function compilePolicy(policy: ApiPolicy, path: string, to: Compiling): TrafficPolicy {
  const ports = new Map<number, TrafficPolicy>();
  for (const [index, entry] of (policy.portLevelSettings ?? []).entries()) {
    const number = entry.port?.number ?? 0;
    if (!ports.has(number)) ports.set(number, compilePart(entry, `${path}.portLevelSettings[${index}]`, to));
  }
  return {
    ...compilePart(policy, path, to),
    proxyProtocol: policy.proxyProtocol && (policy.proxyProtocol.version ?? 'V1'),
    ports,
  };
}

function compilePart(policy: PortTrafficPolicy, path: string, to: Compiling): TrafficPolicy {
  return {
    balancing: policy.loadBalancer && compileBalancing(policy.loadBalancer, `${path}.loadBalancer`, to),
    pool: policy.connectionPool && compilePool(policy.connectionPool, `${path}.connectionPool`, to),
    outliers:
      policy.outlierDetection && compileOutliers(policy.outlierDetection, `${path}.outlierDetection`, to),
    tls: policy.tls && compileTls(policy.tls),
    ports: new Map(),
  };
}

function compileOutliers(outliers: ApiOutliers, path: string, to: Compiling): OutlierDetection {
  return {
    splitLocalErrors: outliers.splitExternalLocalOriginErrors === true,
    consecutiveLocalFailures: outliers.consecutiveLocalOriginFailures,
    consecutiveGatewayErrors: outliers.consecutiveGatewayErrors,
    consecutive5xx: outliers.consecutive5xxErrors ?? (outliers.consecutiveErrors || undefined),
    interval: to.duration(outliers.interval, `${path}.interval`),
    baseEjectionTime: to.duration(outliers.baseEjectionTime, `${path}.baseEjectionTime`),
    maxEjectionPercent: outliers.maxEjectionPercent || undefined,
    minHealthPercent: outliers.minHealthPercent || undefined,
  };
}

function compileTls(tls: ClientTlsSettings): ClientTls {
  return {
    mode: tls.mode ?? 'DISABLE',
    clientCertificate: tls.clientCertificate || undefined,
    privateKey: tls.privateKey || undefined,
    caCertificates: tls.caCertificates || undefined,
    caCrl: tls.caCrl || undefined,
    credentialName: tls.credentialName || undefined,
    subjectAltNames: tls.subjectAltNames ?? [],
    sni: tls.sni || undefined,
    insecureSkipVerify: tls.insecureSkipVerify,
  };
}
