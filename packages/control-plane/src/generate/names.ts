/** A cluster's name: `outbound|9080|v1|reviews.default.svc.cluster.local`. */
export function clusterName(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** The same in the form that TLS server names allow. */
export function serverName(port: number, subset: string, host: string): string {
  return `outbound_.${port}_.${subset}_.${host}`;
}

export function inboundName(port: number): string {
  return `inbound|${port}||`;
}

/** Host and port that a cluster's name stands for: `reviews.default.svc.cluster.local:9080`. */
export function clusterLabel(name: string): string {
  const [, port, , host] = name.split('|');
  return host ? `${host}:${port}` : name;
}

const plurals: Readonly<Record<string, string>> = {
  VirtualService: 'virtual-service',
  DestinationRule: 'destination-rule',
  ServiceEntry: 'service-entry',
  Gateway: 'gateway',
  Sidecar: 'sidecar',
};

/** How Istio names a configuration object in metadata. */
export function configPath(origin: { kind: string; namespace: string; name: string }): string {
  return `/apis/networking.istio.io/v1/namespaces/${origin.namespace}/${plurals[origin.kind] ?? origin.kind.toLowerCase()}/${origin.name}`;
}
