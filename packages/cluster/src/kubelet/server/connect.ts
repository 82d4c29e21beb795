import type { IncomingMessage } from 'node:http';
import net, { type Socket } from 'node:net';
import { connect, relay } from '../../network/relay.ts';
import { describeDialError } from '../pod/dial.ts';

/** `CONNECT host:port`: a connection from inside the node, to a service's or a pod's address. */
export async function connectThrough(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
  client.on('error', () => {});
  const match = /^(.+):(\d+)$/.exec(request.url ?? '');
  if (!match) return void client.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  const host = match[1]!.replace(/^\[|\]$/g, '');
  try {
    const upstream = await connect(net.connect({ host, port: Number(match[2]), allowHalfOpen: true }));
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) upstream.write(head);
    relay(client, upstream);
  } catch (error) {
    client.end(`HTTP/1.1 502 ${describeDialError(error, host, Number(match[2]))}\r\n\r\n`);
  }
}
