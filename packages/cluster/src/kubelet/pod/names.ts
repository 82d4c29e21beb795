import path from 'node:path';
import type { KubeObject } from '@lateen/kube';

/** Containers that belong into the sidecar's network namespace of a pod that has a sidecar. */
const sidecarContainers = new Set(['istio-proxy', 'istio-init', 'istio-validation']);

export const isSidecarContainer = (name: string) => sidecarContainers.has(name);

/** Whether a pod has both a proxy and something that it stands before. */
export function hasSidecar(pod: KubeObject): boolean {
  const all: any[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return (
    all.some(({ name }) => name === 'istio-proxy') &&
    pod.spec.containers.some(({ name }: any) => !isSidecarContainer(name))
  );
}

export function hostnameOf(pod: KubeObject): string {
  return (pod.spec.hostname ?? pod.metadata.name!).slice(0, 63).replace(/[.-]+$/, '');
}

/** `/etc/hosts` of a pod's containers. */
export function hostsFile(pod: KubeObject, podIP: string, clusterDomain = 'cluster.local'): string {
  const hostname = hostnameOf(pod);
  const { subdomain, hostAliases = [] } = pod.spec;
  const qualified = subdomain
    ? `${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}\t`
    : '';
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${podIP}\t${qualified}${hostname}`,
    ...hostAliases.map(({ ip, hostnames = [] }: any) => `${ip}\t${hostnames.join('\t')}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** `/etc/resolv.conf` of a pod's containers. */
export function resolvConf(pod: KubeObject, dnsAddress: string, clusterDomain = 'cluster.local'): string {
  const { dnsPolicy = 'ClusterFirst', dnsConfig = {} } = pod.spec;
  const cluster = dnsPolicy !== 'None' && dnsPolicy !== 'Default';
  const own = [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  const search = [...(cluster ? own : []), ...(dnsConfig.searches ?? [])];
  const servers = [...(dnsPolicy === 'None' ? [] : [dnsAddress]), ...(dnsConfig.nameservers ?? [])];
  const options: any[] = dnsConfig.options ?? [];
  const words = options.map(({ name, value }) => (value === undefined ? name : `${name}:${value}`));
  if (cluster && !options.some(({ name }) => name === 'ndots')) words.unshift('ndots:5');
  return [
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(words.length > 0 ? [`options ${words.join(' ')}`] : []),
    '',
  ].join('\n');
}

/** Where the node keeps a pod's things. */
export function podDirectory(podsDirectory: string, uid: string): string {
  return path.join(podsDirectory, uid);
}

/** The log of one run of a container. */
export function logPath(podsDirectory: string, uid: string, container: string, run: number): string {
  return path.join(podDirectory(podsDirectory, uid), 'logs', container, `${run}.log`);
}
