import type { ConnectionPool } from './destination.ts';
import type { Origin } from './origin.ts';
import type { Protocol } from './service.ts';

export interface SidecarEgress {
  readonly port?: { readonly number: number; readonly protocol: Protocol; readonly name: string };
  readonly bind?: string;
  /** The workload connects to the listener itself. */
  readonly captureNone: boolean;
  /** What is seen; `exclude` takes away again. */
  readonly hosts: readonly {
    readonly namespace: string;
    readonly host: string;
    readonly exclude?: boolean;
  }[];
  readonly origin: Origin;
}

export interface SidecarIngress {
  readonly port: { readonly number: number; readonly protocol: Protocol; readonly name: string };
  readonly bind?: string;
  readonly defaultEndpoint: string;
  readonly pool?: ConnectionPool;
  readonly origin: Origin;
}

/** What a workload's proxy hears and sees. */
export interface SidecarRules {
  readonly name: string;
  readonly namespace: string;
  readonly created: number;
  readonly selector?: Readonly<Record<string, string>>;
  readonly egress: readonly SidecarEgress[];
  readonly ingress: readonly SidecarIngress[];
  readonly outbound?: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  readonly inboundPool?: ConnectionPool;
  readonly origin: Origin;
}
