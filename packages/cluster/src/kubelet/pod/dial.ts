import type { Socket } from 'node:net';
import type { PodNetwork, PodNetworks } from '../../network/pod-network.ts';

/**
 * A connection to a port of a pod's containers, made inside the pod, so that no sidecar stands in between. A port on which
 * nobody listens beside the application is looked for beside the sidecar: its own ports are there. Rejects when
 * neither answers or `timeout` milliseconds are over.
 */
export async function dialPod(
  networks: PodNetworks,
  network: PodNetwork,
  { host, port, timeout }: { host: string; port: number; timeout: number },
): Promise<Socket> {
  try {
    return await connected(networks.dial(network.application, host, port), timeout);
  } catch (error) {
    const refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
    if (!refused || network.sidecar === network.application) throw error;
    return connected(networks.dial(network.sidecar, '127.0.0.1', port), timeout);
  }
}

function connected(socket: Socket, timeout: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new DialTimeout()), timeout);
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      socket.removeListener('error', fail);
      socket.removeListener('connect', succeed);
      finish();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const succeed = () => settle(() => resolve(socket));
    socket.on('error', fail);
    socket.on('connect', succeed);
  });
}

export class DialTimeout extends Error {
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('i/o timeout');
  }
}

/** A failed connection in the words that the kubelet uses. */
export function describeDialError(error: unknown, host: string, port: number): string {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ECONNRESET: 'read: connection reset by peer',
    ETIMEDOUT: 'i/o timeout',
  };
  return `dial tcp ${host}:${port}: ${reasons[code ?? ''] ?? (error as Error).message}`;
}
