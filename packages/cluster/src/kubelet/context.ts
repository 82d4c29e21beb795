import type { Clock, Log } from '@lateen/kit';
import type { EventRecorder, KubeClient, KubeObject } from '@lateen/kube';
import type { Places } from '../images/index.ts';
import type { PodNetworks } from '../network/pod-network.ts';
import type { HostLayout } from './container/host.ts';
import type { NamespaceGate } from './linux/namespaces.ts';
import type { References } from './pod/environment.ts';

/** Which data plane the containers named istio-proxy run. */
export interface DataPlane {
  readonly name: 'lateen' | 'envoy';
  /** Envoy's binary on the machine. */
  readonly envoyPath?: string;
}

/** Everything of the node that its pods' workers use. */
export interface NodeContext {
  readonly client: KubeClient;
  readonly gate: NamespaceGate;
  readonly networks: PodNetworks;
  readonly host: HostLayout;
  readonly places: Places;
  readonly references: References;
  /** All services of the cluster, as they are now. */
  readonly services: () => readonly KubeObject[];
  readonly nodeName: string;
  readonly dnsAddress: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly dataPlane: DataPlane;
  /** The node's own directory for pods; it belongs to the node alone. */
  readonly podsDirectory: string;
  /** An empty directory on which containers build their roots. */
  readonly mountPoint: string;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly clock: Clock;
}
