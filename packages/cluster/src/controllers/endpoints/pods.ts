import type { KubeObject } from '@lateen/kube';
import { isPodFinished, isPodReady } from '../common/pods.ts';

/** A pod as a member of a Service, or nothing while it has no address. */
export interface Member {
  readonly pod: KubeObject;
  readonly address: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** The pod's own name within a headless Service. */
  readonly hostname: string | undefined;
}

/** The pods of a Service that have an address and have not finished. */
export function membersOf(service: KubeObject, pods: readonly KubeObject[]): Member[] {
  const members: Member[] = [];
  for (const pod of pods) {
    const address = addressOf(service, pod);
    if (!address || isPodFinished(pod)) continue;
    const terminating = Boolean(pod.metadata.deletionTimestamp);
    const { hostname, subdomain } = pod.spec;
    const named = hostname && subdomain === service.metadata.name ? hostname : undefined;
    members.push({ pod, address, ready: isPodReady(pod), terminating, hostname: named });
  }
  return members.sort((left, right) => (left.pod.metadata.name! < right.pod.metadata.name! ? -1 : 1));
}

function addressOf(service: KubeObject, pod: KubeObject): string | undefined {
  const wantsV6 = familyOf(service) === 'IPv6';
  const addresses: string[] = (pod.status?.podIPs ?? []).map(({ ip }: { ip: string }) => ip);
  if (addresses.length === 0 && pod.status?.podIP) addresses.push(pod.status.podIP);
  return addresses.find((ip) => ip.includes(':') === wantsV6);
}

export function familyOf(service: KubeObject): 'IPv4' | 'IPv6' {
  const family = service.spec.ipFamilies?.[0];
  return family ?? (service.spec.clusterIP?.includes(':') ? 'IPv6' : 'IPv4');
}

export interface ResolvedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol: string | undefined;
}

/** The Service's ports as this pod serves them; a named target port that the pod does not have is left out. */
export function portsOf(service: KubeObject, pod: KubeObject): ResolvedPort[] {
  const resolved: ResolvedPort[] = [];
  for (const port of service.spec.ports ?? []) {
    const protocol = port.protocol ?? 'TCP';
    const number = targetPort(port, protocol, pod);
    if (number === undefined) continue;
    resolved.push({ name: port.name ?? '', protocol, port: number, appProtocol: port.appProtocol });
  }
  return resolved;
}

function targetPort(servicePort: any, protocol: string, pod: KubeObject): number | undefined {
  const target = servicePort.targetPort ?? servicePort.port;
  if (typeof target === 'number') return target === 0 ? servicePort.port : target;
  if (/^\d+$/.test(target)) return Number(target);
  const sidecars = (pod.spec.initContainers ?? []).filter(
    (container: any) => container.restartPolicy === 'Always',
  );
  for (const container of [...(pod.spec.containers ?? []), ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}

export function targetRef({ metadata }: KubeObject): Record<string, unknown> {
  return { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid };
}
