/** What injection needs to know of the mesh. */
export interface InjectionConfig {
  readonly image: string;
  readonly revision: string;
  readonly clusterId: string;
  readonly meshId: string;
  readonly trustDomain: string;
  /** ProxyConfig of the whole mesh; the pod's annotation goes over it. */
  readonly proxyConfig: Readonly<Record<string, any>>;
  readonly statusPort: number;
  readonly proxyLogLevel: string;
  readonly agentLogLevel: string;
  /** `REDIRECT`, `TPROXY`, or `NONE` for pods without an init container. */
  readonly interceptionMode: string;
  readonly includeOutboundIPRanges: string;
  readonly excludeOutboundIPRanges: string;
  /** The sidecar as an init container that goes on running, instead of one container beside the others. */
  readonly nativeSidecar: boolean;
  readonly holdApplicationUntilProxyStarts: boolean;
  readonly rewriteProbes: boolean;
  /** The agent answers scrapes for the application as well. */
  readonly mergeMetrics: boolean;
  readonly readiness: Readonly<{
    initialDelaySeconds: number;
    periodSeconds: number;
    failureThreshold: number;
  }>;
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
}

export const defaultInjectionConfig: InjectionConfig = {
  image: 'docker.io/lateen/proxyv2:0.1.0',
  revision: 'default',
  clusterId: 'Kubernetes',
  meshId: 'cluster.local',
  trustDomain: 'cluster.local',
  proxyConfig: {},
  statusPort: 15020,
  proxyLogLevel: 'warning',
  agentLogLevel: 'default:info',
  interceptionMode: 'REDIRECT',
  includeOutboundIPRanges: '*',
  excludeOutboundIPRanges: '',
  nativeSidecar: true,
  holdApplicationUntilProxyStarts: false,
  rewriteProbes: true,
  mergeMetrics: true,
  readiness: { initialDelaySeconds: 0, periodSeconds: 2, failureThreshold: 30 },
  resources: { requests: { cpu: '10m', memory: '40Mi' }, limits: { cpu: '2', memory: '1Gi' } },
};

/** The configuration that a MeshConfig asks for. */
export function configFromMesh(
  mesh: Readonly<Record<string, any>>,
  base: InjectionConfig = defaultInjectionConfig,
): InjectionConfig {
  const proxyConfig = mesh.defaultConfig ?? {};
  return {
    ...base,
    proxyConfig,
    trustDomain: mesh.trustDomain ?? base.trustDomain,
    meshId: proxyConfig.meshId ?? mesh.trustDomain ?? base.meshId,
    statusPort: proxyConfig.statusPort ?? base.statusPort,
    interceptionMode: proxyConfig.interceptionMode ?? base.interceptionMode,
    holdApplicationUntilProxyStarts:
      proxyConfig.holdApplicationUntilProxyStarts ?? base.holdApplicationUntilProxyStarts,
    mergeMetrics: mesh.enablePrometheusMerge ?? base.mergeMetrics,
  };
}
