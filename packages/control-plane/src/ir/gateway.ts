import type { Origin } from './origin.ts';

export interface GatewayServer {
  readonly port: number;
  readonly portName: string;
  readonly protocol: 'HTTP' | 'HTTP2' | 'GRPC' | 'GRPC_WEB' | 'HTTPS' | 'TLS' | 'TCP' | 'MONGO';
  readonly bind?: string;
  /** `namespace/host`, `host`; the namespace may be `*` or `.`, here already made full. */
  readonly hosts: readonly { readonly namespace: string; readonly host: string }[];
  readonly tls?: {
    readonly mode: string;
    readonly httpsRedirect: boolean;
  };
  readonly origin: Origin;
}

export interface GatewayRules {
  readonly name: string;
  readonly namespace: string;
  readonly created: number;
  readonly selector: Readonly<Record<string, string>>;
  readonly servers: readonly GatewayServer[];
  readonly origin: Origin;
}
