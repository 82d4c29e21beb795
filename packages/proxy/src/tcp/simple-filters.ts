import type { Socket } from 'node:net';
import type { NetworkFilter } from '../http/types.ts';
import type { DownstreamConnection } from '../stream-info.ts';

abstract class SimpleFilter implements NetworkFilter {
  private readonly sockets = new Set<Socket>();

  get activeConnections(): number {
    return this.sockets.size;
  }

  onConnection(connection: DownstreamConnection): void {
    const { socket } = connection;
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
    this.serve(connection);
  }

  drain(): void {}

  close(): void {
    for (const socket of [...this.sockets]) socket.destroy();
  }

  protected abstract serve(connection: DownstreamConnection): void;
}

/** Sends back whatever comes. */
export class EchoFilter extends SimpleFilter {
  protected serve({ socket, initialData }: DownstreamConnection): void {
    if (initialData) socket.write(initialData);
    socket.pipe(socket);
  }
}

/** Sends a fixed text and closes. */
export class DirectResponseFilter extends SimpleFilter {
  private readonly body: Buffer;

  constructor(body: Buffer) {
    super();
    this.body = body;
  }

  protected serve({ socket }: DownstreamConnection): void {
    socket.end(this.body);
    socket.destroySoon();
  }
}
