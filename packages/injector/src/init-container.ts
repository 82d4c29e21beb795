import { type Annotations, sidecar, traffic } from './annotations.ts';
import type { InjectionConfig } from './config.ts';

const excludedAlways = '15090,15021';

/** The container that sends the pod's connections to the sidecar; none in mode NONE. */
export function initContainer(
  annotations: Annotations,
  config: InjectionConfig,
  mode: string,
  resources: object,
): object | undefined {
  if (mode === 'NONE') return undefined;
  const tproxy = mode === 'TPROXY';
  return {
    name: 'istio-init',
    image: annotations[sidecar('proxyImage')] ?? config.image,
    args: iptablesArguments(annotations, config, mode),
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: false,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
    },
    ...(tproxy && { env: [] }),
  };
}

function iptablesArguments(annotations: Annotations, config: InjectionConfig, mode: string): string[] {
  const of = (name: string) => annotations[traffic(name)];
  const excluded = [excludedAlways, config.statusPort, of('excludeInboundPorts')].filter(Boolean).join(',');
  const always = [
    ['-p', '15001'],
    ['-z', '15006'],
    ['-u', '1337'],
    ['-m', mode],
    ['-i', of('includeOutboundIPRanges') ?? config.includeOutboundIPRanges],
    ['-x', of('excludeOutboundIPRanges') ?? config.excludeOutboundIPRanges],
    ['-b', of('includeInboundPorts') ?? '*'],
    ['-d', excluded],
  ];
  const sometimes: [string, string | undefined][] = [
    ['-q', of('includeOutboundPorts')],
    ['-o', of('excludeOutboundPorts')],
    ['-k', annotations['istio.io/reroute-virtual-interfaces'] ?? of('kubevirtInterfaces')],
    ['-c', of('excludeInterfaces')],
  ];
  const given = sometimes.filter(([, value]) => value !== undefined && value !== '') as [string, string][];
  return ['istio-iptables', ...[...always, ...given].flat(), `--log_output_level=${config.agentLogLevel}`];
}
