import type { Clock, Log } from '@lateen/kit';
import type { Profile } from './core.ts';

export interface ApiServerOptions {
  /** Folder of the cluster: store, keys, kubeconfig. */
  readonly stateDir: string;
  /** Address to listen on; 127.0.0.1 when absent. */
  readonly address?: string;
  /** 0 or absent: the port of the last run, or a free one. */
  readonly port?: number;
  /** Unix socket on which the same API is served. */
  readonly socketPath?: string;
  /** The node's HTTP server, for logs, exec, port forwarding and webhooks inside the cluster. */
  readonly nodeSocketPath?: string;
  readonly profile?: Profile;
  readonly serviceCidr?: string;
  readonly nodePortRange?: readonly [number, number];
  /** Name of the kubeconfig's cluster, user and context; `lateen` when absent. */
  readonly contextName?: string;
  /** Changes per resource that watchers can ask for afterwards; 1000 when absent. */
  readonly watchHistory?: number;
  readonly log?: Log;
  readonly clock?: Clock;
}
