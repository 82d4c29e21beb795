import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Message } from '../config/problems.ts';
import { socketAddress } from '../config/values.ts';
import type { SocketAddress } from '../connection-info.ts';
import type { ProxyServer } from '../main/server.ts';
import { answer } from './routes.ts';

/** The administration interface: plain HTTP on its own port. */
export class AdminServer {
  private readonly proxy: ProxyServer;
  private readonly config: Message;
  private readonly server: Server;
  address: SocketAddress | undefined;

  constructor(proxy: ProxyServer, config: Message) {
    this.proxy = proxy;
    this.config = config;
    this.server = createServer(
      { keepAliveTimeout: 3_600_000, joinDuplicateHeaders: true },
      (request, response) => {
        void this.serve(request, response);
      },
    );
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Resolves when the port is open; rejects with what is in the way. */
  listen(): Promise<void> {
    const wanted = socketAddress(this.config.address);
    return new Promise((resolve, reject) => {
      this.server.once('error', (error) =>
        reject(
          new Error(`cannot bind the admin address ${wanted?.address}:${wanted?.port}: ${error.message}`),
        ),
      );
      const ready = () => {
        const bound = this.server.address();
        if (bound && typeof bound === 'object') this.address = { address: bound.address, port: bound.port };
        resolve();
      };
      if (wanted) this.server.listen({ host: wanted.address, port: wanted.port }, ready);
      else this.server.listen({ path: this.config.address?.pipe?.path }, ready);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const reply = await answer(this.proxy, request.method ?? 'GET', request.url ?? '/');
    response.sendDate = false;
    response.removeHeader('connection');
    response.statusCode = reply.status;
    response.setHeader('content-type', reply.type);
    response.setHeader('cache-control', 'no-cache, max-age=0');
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('date', new Date(this.proxy.clock.now()).toUTCString());
    response.setHeader('server', 'envoy');
    response.setHeader('transfer-encoding', 'chunked');
    response.end(request.method === 'HEAD' ? '' : reply.body);
    reply.after?.();
  }
}
