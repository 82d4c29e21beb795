import net, { type Server } from 'node:net';
import type { Log } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube';
import type { Backends } from './backends.ts';
import { forward, relay } from './relay.ts';

export interface ServiceProxyOptions {
  readonly backends: Backends;
  /** Address of the API server's service; its connections go to `apiSocketPath`. */
  readonly apiAddress: string;
  readonly apiSocketPath: string;
  readonly log: Log;
}

/**
 * Serves the addresses of Services inside the node: a listener on each address and port that has ready endpoints, which
 * takes them in turn. Without endpoints nothing listens, so that a connection is refused at once.
 */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #listeners = new Map<string, { server: Server; service: string }>();
  #closed = false;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { apiAddress, apiSocketPath, backends } = this.#options;
    const api = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const upstream = net.connect({ path: apiSocketPath, allowHalfOpen: true });
      relay(client, upstream);
      client.resume();
    });
    await listen(api, apiAddress, 443);
    this.#listeners.set(`${apiAddress}:443`, { server: api, service: 'api' });
    backends.onChange((namespace, name) => this.#update(namespace, name));
  }

  close(): void {
    this.#closed = true;
    for (const { server } of this.#listeners.values()) server.close();
    this.#listeners.clear();
  }

  #update(namespace: string, name: string): void {
    if (this.#closed) return;
    const { backends, apiAddress } = this.#options;
    const key = `${namespace}/${name}`;
    const service = backends.services.store.get(name, namespace);
    const wanted = new Map<string, { address: string; port: number }>();
    for (const { address, port } of service ? addressPorts(service) : []) {
      if (address === apiAddress) continue;
      if (backends.targets(service!, port).length > 0) wanted.set(`${address}:${port}`, { address, port });
    }
    for (const [place, listener] of this.#listeners) {
      if (listener.service !== key || wanted.has(place)) continue;
      listener.server.close();
      this.#listeners.delete(place);
    }
    for (const [place, { address, port }] of wanted) {
      if (!this.#listeners.has(place)) this.#open(place, key, address, port);
    }
  }

  #open(place: string, key: string, address: string, port: number): void {
    const { backends, log } = this.#options;
    const [namespace, name] = key.split('/') as [string, string];
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const service = backends.services.store.get(name, namespace);
      if (!service) return client.resetAndDestroy();
      void forward(client, backends.choose(service, port, client.remoteAddress));
    });
    this.#listeners.set(place, { server, service: key });
    listen(server, address, port).catch((error: Error) => {
      if (this.#listeners.get(place)?.server === server) this.#listeners.delete(place);
      log.warn(`the service ${key} cannot be served on ${place}`, { error });
    });
  }
}

/** The addresses and TCP ports on which a service is to be reached inside the cluster. */
export function addressPorts(service: KubeObject): { address: string; port: number }[] {
  const { clusterIP, externalIPs = [], ports = [], type } = service.spec;
  if (type === 'ExternalName' || !clusterIP || clusterIP === 'None') return [];
  return ports
    .filter(({ protocol = 'TCP' }: any) => protocol === 'TCP')
    .flatMap(({ port }: any) => [clusterIP, ...externalIPs].map((address) => ({ address, port })));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
}
