import type { Host } from './types.ts';

export interface HostOptions {
  readonly address: string;
  readonly port: number;
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly locality: Host['locality'];
  readonly metadata: Host['metadata'];
  readonly healthStatus: string;
  /** Where health checks go when it is not the host's own port. */
  readonly healthCheckPort: number | undefined;
  readonly healthCheckHost: string;
}

/** Statuses of EDS that take a host out of the rotation. */
const failedStatuses = new Set(['UNHEALTHY', 'TIMEOUT']);

export class UpstreamHost implements Host {
  readonly address: string;
  readonly port: number;
  readonly key: string;
  readonly hostname: string;
  readonly locality: Host['locality'];
  metadata: Host['metadata'];
  weight: number;
  priority: number;
  healthCheckPort: number;
  healthCheckHost: string;
  healthStatus: string;

  failedActiveHealthCheck = false;
  /** No health check has answered yet. */
  pendingHealthCheck = false;
  degradedActiveHealthCheck = false;
  /** The last failed check got no answer in time. */
  timedOutHealthCheck = false;
  ejected = false;
  /** Monotonic milliseconds at which the host joined or became healthy again; slow start counts from here. */
  since = 0;

  connectionsTotal = 0;
  connectFailures = 0;
  requestsTotal = 0;
  requestsSucceeded = 0;
  requestsFailed = 0;
  requestsTimedOut = 0;
  /** Percent, or -1 while there is too little traffic to tell. */
  successRate = -1;
  private connections = 0;
  private requests = 0;

  constructor(options: HostOptions) {
    this.address = options.address;
    this.port = options.port;
    this.key = hostKey(options.address, options.port);
    this.hostname = options.hostname;
    this.locality = options.locality;
    this.metadata = options.metadata;
    this.weight = options.weight;
    this.priority = options.priority;
    this.healthStatus = options.healthStatus;
    this.healthCheckPort = options.healthCheckPort ?? options.port;
    this.healthCheckHost = options.healthCheckHost;
  }

  get activeConnections(): number {
    return this.connections;
  }

  set activeConnections(value: number) {
    if (value > this.connections) this.connectionsTotal += value - this.connections;
    this.connections = value;
  }

  get activeRequests(): number {
    return this.requests;
  }

  set activeRequests(value: number) {
    if (value > this.requests) this.requestsTotal += value - this.requests;
    this.requests = value;
  }

  get healthy(): boolean {
    return (
      !this.failedActiveHealthCheck &&
      !failedStatuses.has(this.healthStatus) &&
      this.healthStatus !== 'DRAINING'
    );
  }

  get degraded(): boolean {
    return this.degradedActiveHealthCheck || this.healthStatus === 'DEGRADED';
  }

  /** Takes over what an update may change without making it another host; true when something changed. */
  adopt(options: HostOptions): boolean {
    const changed =
      this.weight !== options.weight ||
      this.priority !== options.priority ||
      this.healthStatus !== options.healthStatus ||
      JSON.stringify(this.metadata) !== JSON.stringify(options.metadata);
    this.weight = options.weight;
    this.priority = options.priority;
    this.healthStatus = options.healthStatus;
    this.metadata = options.metadata;
    this.healthCheckPort = options.healthCheckPort ?? options.port;
    this.healthCheckHost = options.healthCheckHost;
    return changed;
  }

  /** As `/clusters` prints it. */
  healthFlags(): string {
    let flags = '';
    if (this.failedActiveHealthCheck) flags += '/failed_active_hc';
    if (this.ejected) flags += '/failed_outlier_check';
    if (failedStatuses.has(this.healthStatus)) flags += '/failed_eds_health';
    if (this.degradedActiveHealthCheck) flags += '/degraded_active_hc';
    if (this.healthStatus === 'DEGRADED') flags += '/degraded_eds_health';
    if (this.pendingHealthCheck) flags += '/pending_active_hc';
    if (this.failedActiveHealthCheck && this.timedOutHealthCheck) flags += '/active_hc_timeout';
    if (this.healthStatus === 'DRAINING') flags += '/eds_status_draining';
    return flags || 'healthy';
  }
}

export function hostKey(address: string, port: number): string {
  if (address.startsWith('/') || address.startsWith('@')) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
