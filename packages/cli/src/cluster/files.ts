import os from 'node:os';
import path from 'node:path';

/** Where everything of one cluster lives. */
export interface ClusterFiles {
  readonly name: string;
  /** `$LATEEN_HOME`. */
  readonly home: string;
  /** `$LATEEN_HOME/NAME`, removed whole by `lateen down`. */
  readonly dir: string;
  readonly config: string;
  readonly kubeconfig: string;
  readonly logs: string;
  readonly run: string;
  readonly daemonSocket: string;
  readonly apiSocket: string;
  readonly nodeSocket: string;
  readonly daemonPid: string;
}

export const defaultClusterName = 'lateen';

/** The longest socket path that Linux takes is 107 bytes; `run/daemon.sock` is the longest of ours. */
const socketPathLimit = 107;

/** Throws when the name is not a DNS label or the home is too deep for Unix sockets. */
export function clusterFiles(name: string, env: NodeJS.ProcessEnv): ClusterFiles {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) {
    throw new Error(
      `--name ${name}: must consist of lower case letters, digits and '-', at most 40 characters`,
    );
  }
  const home = path.resolve(env.LATEEN_HOME || path.join(os.homedir(), '.lateen'));
  const dir = path.join(home, name);
  const run = path.join(dir, 'run');
  const daemonSocket = path.join(run, 'daemon.sock');
  if (Buffer.byteLength(daemonSocket) > socketPathLimit) {
    throw new Error(
      `${run}: too long for a Unix socket (${socketPathLimit} bytes at most); set LATEEN_HOME to a shorter path`,
    );
  }
  return {
    name,
    home,
    dir,
    config: path.join(dir, 'cluster.json'),
    kubeconfig: path.join(dir, 'kubeconfig'),
    logs: path.join(dir, 'log'),
    run,
    daemonSocket,
    apiSocket: path.join(run, 'api.sock'),
    nodeSocket: path.join(run, 'node.sock'),
    daemonPid: path.join(run, 'daemon.pid'),
  };
}

export type Profile = 'demo' | 'none' | 'api';
export type DataPlane = 'lateen' | 'envoy';

/** What `up` was asked for; kept in `cluster.json`, so that a repaired cluster is the same one. */
export interface ClusterConfig {
  readonly name: string;
  readonly profile: Profile;
  /** Loopback address of the API server and the node ports. */
  readonly address: string;
  readonly dataPlane: DataPlane;
  /** Absolute path of the Envoy binary when `dataPlane` is `envoy`. */
  readonly envoyPath?: string;
  /** 0 until the API server has chosen one. */
  readonly apiPort: number;
}
