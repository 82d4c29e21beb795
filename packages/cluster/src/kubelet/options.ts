import type { Log } from '@lateen/kit';
import type { KubeClient } from '@lateen/kube';

export interface NodeOptions {
  readonly client: KubeClient;
  /** The cluster's directory; the node keeps its things in `node/` below it. */
  readonly stateDir: string;
  readonly nodeName: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsAddress: string;
  /** Where the node's HTTP server listens. */
  readonly nodeSocketPath: string;
  /** Where the API server listens; pods reach it through the node. */
  readonly apiSocketPath: string;
  readonly projectRoot: string;
  readonly dataPlane: 'lateen' | 'envoy';
  readonly envoyPath?: string;
  readonly log: Log;
}

export interface Node {
  /** Ends all containers, within some seconds, and lets go of everything. The pods stay in the API. */
  close(): Promise<void>;
}
