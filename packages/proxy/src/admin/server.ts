import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Message } from '../config/problems.ts';
import { socketAddress } from '../config/values.ts';
import type { SocketAddress } from '../connection-info.ts';
import type { LoggingLevels } from './logging.ts';
import { AdminRoutes } from './routes.ts';
import { AdminStats } from './server-stats.ts';
import type { AdminTarget } from './target.ts';

/** The administration interface: plain HTTP on its own port. */
export class AdminServer {
  private readonly target: AdminTarget;
  private readonly routes: AdminRoutes;
  private readonly config: Message;
  private readonly server: Server;
  private readonly stats: AdminStats;
  address: SocketAddress | undefined;

  constructor(target: AdminTarget, config: Message, logging: LoggingLevels) {
    this.target = target;
    this.routes = new AdminRoutes(target, logging);
    this.config = config;
    this.stats = new AdminStats(target.store);
    // An import of the module would read all its exports, and one of them brings a whole HTTP client with it.
    const { createServer } = process.getBuiltinModule('node:http');
    this.server = createServer(
      { keepAliveTimeout: 3_600_000, joinDuplicateHeaders: true },
      (request, response) => {
        this.serve(request, response);
      },
    );
    this.server.on('connection', (socket) => {
      this.stats.connected();
      socket.once('close', () => this.stats.disconnected());
    });
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

  private serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    this.stats.begun();
    const reply = this.routes.answer(request.method ?? 'GET', request.url ?? '/');
    response.sendDate = false;
    response.removeHeader('connection');
    response.statusCode = reply.status;
    response.setHeader('content-type', reply.type);
    response.setHeader('cache-control', 'no-cache, max-age=0');
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('date', new Date(this.target.clock.now()).toUTCString());
    response.setHeader('server', 'envoy');
    response.setHeader('transfer-encoding', 'chunked');
    response.end(request.method === 'HEAD' ? '' : reply.body);
    this.stats.answered(reply.status);
    reply.after?.();
  }
}
