import type { DurationText, IstioObject, PortSelector, WorkloadSelector } from './common.ts';

export interface DestinationRuleSpec {
  host?: string;
  trafficPolicy?: TrafficPolicy;
  subsets?: Subset[];
  exportTo?: string[];
  workloadSelector?: WorkloadSelector;
}

export type DestinationRule = IstioObject<DestinationRuleSpec>;

export interface Subset {
  name?: string;
  labels?: Record<string, string>;
  trafficPolicy?: TrafficPolicy;
}

export interface TrafficPolicy extends PortTrafficPolicy {
  portLevelSettings?: (PortTrafficPolicy & { port?: PortSelector })[];
  tunnel?: { protocol?: string; targetHost?: string; targetPort?: number };
  proxyProtocol?: { version?: 'V1' | 'V2' };
  retryBudget?: { percent?: number; minRetryConcurrency?: number; budgetInterval?: DurationText };
}

export interface PortTrafficPolicy {
  loadBalancer?: LoadBalancerSettings;
  connectionPool?: ConnectionPoolSettings;
  outlierDetection?: OutlierDetection;
  tls?: ClientTlsSettings;
}

export interface LoadBalancerSettings {
  simple?: string;
  consistentHash?: ConsistentHash;
  localityLbSetting?: LocalityLoadBalancerSetting;
  zoneAwareLbSetting?: Record<string, unknown>;
  warmupDurationSecs?: DurationText;
  warmup?: { duration?: DurationText; minimumPercent?: number; aggression?: number };
}

export interface ConsistentHash {
  httpHeaderName?: string;
  httpCookie?: {
    name?: string;
    path?: string;
    ttl?: DurationText;
    attributes?: { name?: string; value?: string }[];
  };
  useSourceIp?: boolean;
  httpQueryParameterName?: string;
  ringHash?: { minimumRingSize?: number | string };
  maglev?: { tableSize?: number | string };
  minimumRingSize?: number | string;
}

export interface LocalityLoadBalancerSetting {
  distribute?: { from?: string; to?: Record<string, number> }[];
  failover?: { from?: string; to?: string }[];
  failoverPriority?: string[];
  enabled?: boolean;
}

export interface ConnectionPoolSettings {
  tcp?: {
    maxConnections?: number;
    connectTimeout?: DurationText;
    tcpKeepalive?: { probes?: number; time?: DurationText; interval?: DurationText };
    maxConnectionDuration?: DurationText;
    idleTimeout?: DurationText;
  };
  http?: {
    http1MaxPendingRequests?: number;
    http2MaxRequests?: number;
    maxRequestsPerConnection?: number;
    maxRetries?: number;
    idleTimeout?: DurationText;
    h2UpgradePolicy?: 'DEFAULT' | 'DO_NOT_UPGRADE' | 'UPGRADE';
    useClientProtocol?: boolean;
    maxConcurrentStreams?: number;
    http2KeepAlive?: { interval?: DurationText; timeout?: DurationText };
  };
}

export interface OutlierDetection {
  consecutiveErrors?: number;
  splitExternalLocalOriginErrors?: boolean;
  consecutiveLocalOriginFailures?: number;
  consecutiveGatewayErrors?: number;
  consecutive5xxErrors?: number;
  interval?: DurationText;
  baseEjectionTime?: DurationText;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
  outlierDetectionHttpErrorCodes?: number[];
}

export interface ClientTlsSettings {
  mode?: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';
  clientCertificate?: string;
  privateKey?: string;
  caCertificates?: string;
  credentialName?: string;
  subjectAltNames?: string[];
  sni?: string;
  insecureSkipVerify?: boolean;
  caCrl?: string;
}
