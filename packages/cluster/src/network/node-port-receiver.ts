import net, { type Server } from 'node:net';
import type { Log } from '@lateen/kit';
import type { Backends } from './backends.ts';
import { forward } from './relay.ts';

/** What the daemon sends with each listening socket of the host. */
export interface NodePortMessage {
  readonly type: 'node-port';
  readonly namespace: string;
  readonly service: string;
  /** The service's port, as its number there. */
  readonly port: number;
  readonly nodePort: number;
}

interface Channel {
  on(event: 'message', listener: (message: any, handle: any) => void): unknown;
  off(event: 'message', listener: (message: any, handle: any) => void): unknown;
}

/** The node's end of node ports: accepts on the host's sockets that the daemon sends, and passes connections to pods. */
export class NodePortReceiver {
  readonly #backends: Backends;
  readonly #channel: Channel;
  readonly #log: Log;
  readonly #servers = new Map<number, Server>();
  readonly #receive = (message: any, handle: any) => {
    if (this.#early) this.#early.push([message, handle]);
    else this.#handle(message, handle);
  };
  /** What came before the services were known. */
  #early: [any, any][] | undefined = [];

  constructor(backends: Backends, channel: Channel, log: Log) {
    this.#backends = backends;
    this.#channel = channel;
    this.#log = log;
    channel.on('message', this.#receive);
  }

  /** Begins to accept; sockets that came before have waited. */
  start(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const [message, handle] of early) this.#handle(message, handle);
  }

  close(): void {
    this.#channel.off('message', this.#receive);
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  #handle(message: any, handle: any): void {
    if (message?.type === 'node-port' && handle) this.#serve(message, handle);
    else if (message?.type === 'node-port-gone') this.#stop(message.nodePort);
  }

  #stop(nodePort: number): void {
    this.#servers.get(nodePort)?.close();
    this.#servers.delete(nodePort);
  }

  #serve(message: NodePortMessage, handle: any): void {
    this.#stop(message.nodePort);
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const service = this.#backends.services.store.get(message.service, message.namespace);
      const targets = service ? this.#backends.choose(service, message.port, client.remoteAddress) : [];
      void forward(client, targets);
    });
    server.on('error', (error) => this.#log.warn(`node port ${message.nodePort}`, { error }));
    server.listen(handle);
    this.#servers.set(message.nodePort, server);
  }
}
