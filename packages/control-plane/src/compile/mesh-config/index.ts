import type { IstioObject } from '@lateen/api/istio/common';
import type { MeshConfig } from '@lateen/api/istio/mesh-config';
import type { Result } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import { parse } from 'yaml';
import type { MeshSettings } from '../../ir/mesh.ts';
import { Compiling } from '../context.ts';
import { compileLocality } from '../destination-rule/balancing.ts';
import { compileKeepalive } from '../destination-rule/pool.ts';
import { compileRetries } from '../virtual-service/actions.ts';

export interface MeshDefaults {
  readonly domainSuffix: string;
  readonly rootNamespace: string;
}

/** The mesh's settings from the ConfigMap that holds them; a text that is no YAML is a problem and counts as empty. */
export function compileMeshConfig(
  object: KubeObject | undefined,
  defaults: MeshDefaults,
): Result<MeshSettings> {
  const bare = settings({}, defaults);
  if (!object) return { value: bare, problems: [] };
  const to = new Compiling(object as IstioObject<unknown>, bare);
  const config = readConfig(object, to);
  return { value: { ...settings(config, defaults), ...timed(config, to) }, problems: to.problems };
}

function readConfig(object: KubeObject, to: Compiling): MeshConfig {
  try {
    const config = parse(object.data?.mesh ?? '');
    if (config === null || config === undefined) return {};
    if (typeof config === 'object' && !Array.isArray(config)) return config;
    to.problem('InvalidMeshConfig', 'data.mesh', 'must be a YAML mapping');
  } catch (error) {
    to.problem('InvalidMeshConfig', 'data.mesh', `is no valid YAML: ${(error as Error).message}`);
  }
  return {};
}

function settings(config: MeshConfig, defaults: MeshDefaults): MeshSettings {
  return {
    rootNamespace: config.rootNamespace || defaults.rootNamespace,
    trustDomain: config.trustDomain || 'cluster.local',
    trustDomainAliases: config.trustDomainAliases ?? [],
    domainSuffix: defaults.domainSuffix,
    clusterId: 'Kubernetes',
    outbound: config.outboundTrafficPolicy?.mode ?? 'ALLOW_ANY',
    autoMtls: config.enableAutoMtls ?? true,
    accessLog: accessLog(config),
    connectTimeout: 10_000,
    protocolDetectionTimeout: 0,
    h2Upgrade: config.h2UpgradePolicy === 'UPGRADE',
    inboundStatName: config.inboundClusterStatName || undefined,
    outboundStatName: config.outboundClusterStatName || undefined,
    locality: config.localityLbSetting && compileLocality(config.localityLbSetting),
    defaultExportTo: {
      service: config.defaultServiceExportTo ?? ['*'],
      virtualService: config.defaultVirtualServiceExportTo ?? ['*'],
      destinationRule: config.defaultDestinationRuleExportTo ?? ['*'],
    },
    minimumTls: config.meshMTLS?.minProtocolVersion ?? 'TLS_AUTO',
    pathNormalization: config.pathNormalization?.normalization ?? 'DEFAULT',
    metricsOn: (config.defaultProviders?.metrics ?? ['prometheus']).length > 0,
    traceSampling:
      typeof config.defaultConfig?.tracing?.sampling === 'number' ? config.defaultConfig.tracing.sampling : 1,
    http10: false,
  };
}

function accessLog(config: MeshConfig): MeshSettings['accessLog'] {
  if (!config.accessLogFile) return undefined;
  return {
    path: config.accessLogFile,
    encoding: config.accessLogEncoding ?? 'TEXT',
    format: config.accessLogFormat || undefined,
  };
}

function timed(config: MeshConfig, to: Compiling) {
  return {
    connectTimeout: to.duration(config.connectTimeout, 'data.mesh.connectTimeout') ?? 10_000,
    protocolDetectionTimeout:
      to.duration(config.protocolDetectionTimeout, 'data.mesh.protocolDetectionTimeout') ?? 0,
    keepalive: config.tcpKeepalive && compileKeepalive(config.tcpKeepalive, 'data.mesh.tcpKeepalive', to),
    retries:
      config.defaultHttpRetryPolicy &&
      compileRetries(config.defaultHttpRetryPolicy, 'data.mesh.defaultHttpRetryPolicy', to),
  };
}
