import type { DurationText } from './common.ts';
import type { LocalityLoadBalancerSetting } from './destination-rule.ts';
import type { HttpRetry } from './virtual-service.ts';

/** The parts of the mesh configuration that are heeded; others are kept as they are. */
export interface MeshConfig {
  rootNamespace?: string;
  trustDomain?: string;
  trustDomainAliases?: string[];
  outboundTrafficPolicy?: { mode?: 'REGISTRY_ONLY' | 'ALLOW_ANY' };
  enableAutoMtls?: boolean;
  accessLogFile?: string;
  accessLogFormat?: string;
  accessLogEncoding?: 'TEXT' | 'JSON';
  connectTimeout?: DurationText;
  tcpKeepalive?: { probes?: number; time?: DurationText; interval?: DurationText };
  protocolDetectionTimeout?: DurationText;
  defaultHttpRetryPolicy?: HttpRetry;
  h2UpgradePolicy?: 'DO_NOT_UPGRADE' | 'UPGRADE';
  inboundClusterStatName?: string;
  outboundClusterStatName?: string;
  localityLbSetting?: LocalityLoadBalancerSetting;
  defaultServiceExportTo?: string[];
  defaultVirtualServiceExportTo?: string[];
  defaultDestinationRuleExportTo?: string[];
  meshMTLS?: { minProtocolVersion?: string };
  pathNormalization?: { normalization?: string };
  defaultProviders?: { metrics?: string[]; tracing?: string[]; accessLogging?: string[] };
  defaultConfig?: Record<string, any>;
  [field: string]: unknown;
}
