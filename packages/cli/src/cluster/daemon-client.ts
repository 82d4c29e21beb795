import http from 'node:http';
import type { ClusterFiles } from './files.ts';

/** One part of a running cluster, as `lateen status -o json` prints it. Parts of one process share its pid. */
export interface Component {
  readonly name: string;
  readonly kind:
    | 'api-server'
    | 'controllers'
    | 'kubelet'
    | 'control-plane'
    | 'proxy'
    | 'container'
    | 'daemon';
  readonly pid: number;
  readonly ready: boolean;
  readonly address?: string;
  readonly namespace?: string;
  readonly pod?: string;
  /** Why it is not ready. */
  readonly message?: string;
}

export interface ClusterStatus {
  readonly name: string;
  readonly ready: boolean;
  /** What `up` is doing at the moment, or what failed for good. */
  readonly stage: string;
  readonly failed?: string;
  readonly profile: string;
  readonly dataPlane: string;
  readonly components: readonly Component[];
  /** What keeps a part from being reached though everything is ready, and what to do about it. */
  readonly warnings?: readonly string[];
}

/** Asks the cluster's daemon; `undefined` when there is none. */
export async function daemonStatus(files: ClusterFiles): Promise<ClusterStatus | undefined> {
  const answer = await ask(files, 'GET', '/status');
  return answer === undefined ? undefined : (JSON.parse(answer) as ClusterStatus);
}

/** Asks the daemon to end; false when there is none. */
export async function stopDaemon(files: ClusterFiles): Promise<boolean> {
  return (await ask(files, 'POST', '/stop')) !== undefined;
}

function ask(files: ClusterFiles, method: string, path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { socketPath: files.daemonSocket, method, path, timeout: 10_000 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
        response.on('error', reject);
      },
    );
    request.on('timeout', () =>
      request.destroy(new Error(`the daemon of cluster ${files.name} does not answer`)),
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR')
        resolve(undefined);
      else reject(error);
    });
    request.end();
  });
}
