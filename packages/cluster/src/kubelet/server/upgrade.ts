import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerContext } from './index.ts';
export async function upgrade(
  _request: IncomingMessage,
  socket: Socket,
  _head: Buffer,
  _input: ServerContext,
): Promise<void> {
  socket.end('HTTP/1.1 501 Not Implemented\r\n\r\n');
}
