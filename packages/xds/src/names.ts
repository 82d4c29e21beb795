/** Names of clusters, listeners and route configurations as Istio gives them, and their parts. */

export type Direction = 'outbound' | 'inbound';

export interface ClusterName {
  readonly direction: Direction;
  readonly port: number;
  readonly subset: string;
  readonly host: string;
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local`. */
export function clusterName({ direction, port, subset, host }: ClusterName): string {
  return `${direction}|${port}|${subset}|${host}`;
}

export function outboundCluster(host: string, port: number, subset = ''): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** The cluster of the proxy's own application on `port`. */
export function inboundCluster(port: number): string {
  return `inbound|${port}||`;
}

/** The name by SNI that gateways in AUTO_PASSTHROUGH mode use: `outbound_.9080_.v1_.reviews.default.svc.cluster.local`. */
export function sniClusterName({ direction, port, subset, host }: ClusterName): string {
  return `${direction}_.${port}_.${subset}_.${host}`;
}

const clusterPattern = /^(outbound|inbound)(?:\|(\d+)\|([^|]*)\||_\.(\d+)_\.(.*?)_\.)(.*)$/;

/** The parts of a cluster name of either form; `undefined` for other names (`PassthroughCluster`). */
export function parseClusterName(name: string): ClusterName | undefined {
  const match = clusterPattern.exec(name);
  if (!match) return undefined;
  return {
    direction: match[1] as Direction,
    port: Number(match[2] ?? match[4]),
    subset: match[3] ?? match[5] ?? '',
    host: match[6]!,
  };
}

/** `0.0.0.0_9080`; the listener of a TCP service has its address, `10.96.0.10_3306`. */
export function listenerName(address: string, port: number): string {
  return `${address}_${port}`;
}

export function parseListenerName(name: string): { address: string; port: number } | undefined {
  const match = /^(.+)_(\d+)$/.exec(name);
  return match ? { address: match[1]!, port: Number(match[2]) } : undefined;
}

/** Sidecars: the port alone, or `host:port` where a port has its listeners per service. */
export function sidecarRouteName(port: number, host?: string): string {
  return host === undefined ? String(port) : `${host}:${port}`;
}

export function inboundRouteName(port: number): string {
  return `inbound|${port}||`;
}

/** Gateways: `http.8080`. */
export function gatewayHttpRouteName(port: number): string {
  return `http.${port}`;
}

/** Gateways that terminate TLS: `https.443.PORTNAME.GATEWAY.NAMESPACE`. */
export function gatewayHttpsRouteName(
  port: number,
  portName: string,
  gateway: string,
  namespace: string,
): string {
  return `https.${port}.${portName}.${gateway}.${namespace}`;
}

export type NodeType = 'sidecar' | 'router' | 'waypoint' | 'ztunnel';

export interface NodeId {
  readonly type: NodeType;
  readonly address: string;
  readonly pod: string;
  readonly namespace: string;
  /** `NAMESPACE.svc.cluster.local`. */
  readonly domain: string;
}

/** `sidecar~10.244.0.5~reviews-v1-abc.default~default.svc.cluster.local`. */
export function nodeId({ type, address, pod, namespace, domain }: NodeId): string {
  return `${type}~${address}~${pod}.${namespace}~${domain}`;
}

export function parseNodeId(id: string): NodeId | undefined {
  const match = /^(sidecar|router|waypoint|ztunnel)~([^~]*)~([^~]+)\.([^.~]+)~([^~]*)$/.exec(id);
  if (!match) return undefined;
  const [, type, address, pod, namespace, domain] = match as unknown as [
    string,
    NodeType,
    string,
    string,
    string,
    string,
  ];
  return { type, address, pod, namespace, domain };
}
