import type { ConnectionPool, LocalityPolicy } from './destination.ts';
import type { Retries } from './route.ts';

/** Mesh-wide settings with their defaults filled in; times in milliseconds. */
export interface MeshSettings {
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  readonly domainSuffix: string;
  readonly clusterId: string;
  readonly outbound: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  readonly autoMtls: boolean;
  readonly accessLog?: {
    readonly path: string;
    readonly encoding: 'TEXT' | 'JSON';
    readonly format?: string;
  };
  readonly connectTimeout: number;
  readonly keepalive?: ConnectionPool['keepalive'];
  readonly protocolDetectionTimeout: number;
  readonly retries?: Retries;
  readonly h2Upgrade: boolean;
  readonly inboundStatName?: string;
  readonly outboundStatName?: string;
  readonly locality?: LocalityPolicy;
  readonly defaultExportTo: {
    readonly service: readonly string[];
    readonly virtualService: readonly string[];
    readonly destinationRule: readonly string[];
  };
  readonly minimumTls: string;
  readonly pathNormalization: string;
  readonly metricsOn: boolean;
  readonly traceSampling: number;
  readonly http10: boolean;
}
