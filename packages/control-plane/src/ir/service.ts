import { at, type Origin } from './origin.ts';

export type Protocol =
  | 'HTTP'
  | 'HTTP2'
  | 'GRPC'
  | 'GRPC_WEB'
  | 'HTTPS'
  | 'TLS'
  | 'TCP'
  | 'MONGO'
  | 'MYSQL'
  | 'REDIS'
  | 'UDP'
  /** Not declared: told apart by the first bytes. */
  | 'UNSUPPORTED';

export function isHttp(protocol: Protocol): boolean {
  return protocol === 'HTTP' || isHttp2(protocol) || protocol === 'GRPC_WEB';
}

export function isHttp2(protocol: Protocol): boolean {
  return protocol === 'HTTP2' || protocol === 'GRPC';
}

export function isTls(protocol: Protocol): boolean {
  return protocol === 'HTTPS' || protocol === 'TLS';
}

export function isSniffed(protocol: Protocol): boolean {
  return protocol === 'UNSUPPORTED';
}

export interface ServicePort {
  readonly name: string;
  /** Where the port stands in its object, such as `spec.ports[0]`. */
  readonly path: string;
  readonly number: number;
  readonly protocol: Protocol;
  /** Where the port leads on the workload: a number or the name of a container port; absent: the same number. */
  readonly targetPort?: number | string;
}

/**
 * How a service's endpoints are found: `endpoints` are known and balanced; `headless` ones are addressed directly; `dns` and
 * `dnsRoundRobin` are names; with `none` traffic goes where it was sent; `alias` has no endpoints of its own.
 */
export type Resolution = 'endpoints' | 'headless' | 'dns' | 'dnsRoundRobin' | 'none' | 'alias';

export interface Service {
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
  /** Virtual addresses; none when headless. */
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly resolution: Resolution;
  /** Outside of the mesh. */
  readonly external: boolean;
  /** A Kubernetes Service, whose short names resolve. */
  readonly kubernetes: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector?: Readonly<Record<string, string>>;
  readonly exportTo: readonly string[];
  readonly created: number;
  /** Host that an ExternalName service stands for. */
  readonly aliasOf?: string;
  readonly subjectAltNames?: readonly string[];
  readonly trafficDistribution?: 'PreferSameZone' | 'PreferSameNode';
  readonly origin: Origin;
}

export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly portName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
  readonly namespace: string;
  readonly workloadName: string;
  readonly locality: Locality;
  readonly nodeName?: string;
  readonly hostName?: string;
  readonly weight: number;
  readonly tls: boolean;
  readonly health: 'healthy' | 'unhealthy' | 'draining';
}

/** A pod, or a WorkloadEntry that stands for one. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly locality: Locality;
  readonly nodeName?: string;
  readonly ready: boolean;
  readonly weight?: number;
  /** Named container ports. */
  readonly ports: ReadonlyMap<string, number>;
}

/** The line that declares a service's port. */
export function portOrigin(service: Service, port: ServicePort): Origin {
  return at(service.origin, port.path);
}

export const nowhere: Locality = { region: '', zone: '', subZone: '' };

export function portByNumber(service: Service, number: number): ServicePort | undefined {
  return (
    service.ports.find((port) => port.number === number && port.protocol !== 'UDP') ??
    service.ports.find((port) => port.number === number)
  );
}
