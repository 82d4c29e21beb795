import type { Origin } from './origin.ts';

export interface HashPolicy {
  readonly header?: string;
  readonly cookie?: {
    readonly name: string;
    readonly path?: string;
    readonly ttl?: number;
    readonly attributes: readonly { readonly name: string; readonly value: string }[];
  };
  readonly sourceIp?: boolean;
  readonly queryParameter?: string;
  readonly ring:
    | { readonly kind: 'ring'; readonly minimumSize?: string }
    | { readonly kind: 'maglev'; readonly tableSize?: string };
}

export interface LocalityPolicy {
  readonly enabled?: boolean;
  readonly distribute: readonly { readonly from: string; readonly to: Readonly<Record<string, number>> }[];
  readonly failover: readonly { readonly from: string; readonly to: string }[];
  readonly failoverPriority: readonly string[];
}

export interface Balancing {
  readonly simple?: 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'PASSTHROUGH';
  readonly hash?: HashPolicy;
  readonly locality?: LocalityPolicy;
  readonly warmup?: {
    readonly duration: number;
    readonly minimumPercent?: number;
    readonly aggression?: number;
  };
}

export interface ConnectionPool {
  readonly maxConnections?: number;
  readonly connectTimeout?: number;
  readonly keepalive?: { readonly probes?: number; readonly time?: number; readonly interval?: number };
  readonly maxConnectionDuration?: number;
  readonly tcpIdleTimeout?: number;
  readonly maxPendingRequests?: number;
  readonly maxRequests?: number;
  readonly maxRequestsPerConnection?: number;
  readonly maxRetries?: number;
  readonly httpIdleTimeout?: number;
  readonly h2Upgrade?: 'UPGRADE' | 'DO_NOT_UPGRADE';
  readonly useClientProtocol: boolean;
  readonly maxConcurrentStreams?: number;
  readonly http2Keepalive?: { readonly interval?: number; readonly timeout?: number };
}

export interface OutlierDetection {
  readonly splitLocalErrors: boolean;
  readonly consecutiveLocalFailures?: number;
  readonly consecutiveGatewayErrors?: number;
  readonly consecutive5xx?: number;
  readonly interval?: number;
  readonly baseEjectionTime?: number;
  readonly maxEjectionPercent?: number;
  readonly minHealthPercent?: number;
}

export interface ClientTls {
  readonly mode: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';
  readonly clientCertificate?: string;
  readonly privateKey?: string;
  readonly caCertificates?: string;
  readonly caCrl?: string;
  readonly credentialName?: string;
  readonly subjectAltNames: readonly string[];
  readonly sni?: string;
  readonly insecureSkipVerify?: boolean;
}

export interface TrafficPolicy {
  readonly balancing?: Balancing;
  readonly pool?: ConnectionPool;
  readonly outliers?: OutlierDetection;
  readonly tls?: ClientTls;
  readonly proxyProtocol?: 'V1' | 'V2';
  readonly ports: ReadonlyMap<number, TrafficPolicy>;
}

export interface Subset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly policy?: TrafficPolicy;
  readonly origin: Origin;
}

/** How clients treat the endpoints behind a host: what DestinationRules say, merged. */
export interface DestinationPolicy {
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
  readonly created: number;
  readonly exportTo: readonly string[];
  readonly workloadSelector?: Readonly<Record<string, string>>;
  readonly policy?: TrafficPolicy;
  readonly subsets: readonly Subset[];
  readonly origin: Origin;
}
