import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { PodWorker } from '../pod/worker.ts';
import { runAttach, runExec } from './exec.ts';
import type { ServerContext } from './index.ts';
import { portForwardProtocol, servePortForward } from './port-forward.ts';
import { HttpProblem } from './problem.ts';
import type { RemoteSession, StreamChoice } from './session.ts';
import { spdySession, streamProtocols } from './spdy-session.ts';
import { channelProtocols, webSocketSession } from './websocket-session.ts';

/** SPDY inside a WebSocket; the name is no token, which WebSocket libraries insist on. */
const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`;

const isSet = (query: URLSearchParams, name: string) => ['1', 'true'].includes(query.get(name) ?? '');

/** `exec`, `attach` and `portForward`, over WebSocket or SPDY. */
export async function upgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  input: ServerContext,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    const url = new URL(request.url ?? '/', 'http://node');
    const [verb, namespace = '', pod = '', container = ''] = url.pathname
      .split('/')
      .slice(1)
      .map(decodeURIComponent);
    const worker = input.pods.find(namespace, pod);
    if (!worker) throw new HttpProblem(404, `pod ${pod} does not run on this node`);
    if (verb === 'portForward') {
      forwardPorts(request, socket, head, worker, input);
      return;
    }
    if (verb !== 'exec' && verb !== 'attach') throw new HttpProblem(404, `the node has no ${url.pathname}`);
    const process = worker.run(container)?.process;
    if (!process?.running) throw new HttpProblem(404, `container not found ("${container}")`);
    const query = url.searchParams;
    const choice: StreamChoice = {
      stdin: isSet(query, 'input') || isSet(query, 'stdin'),
      stdout: isSet(query, 'output') || isSet(query, 'stdout'),
      stderr: isSet(query, 'error') || isSet(query, 'stderr'),
      tty: verb === 'attach' ? process.tty : isSet(query, 'tty'),
    };
    const session = await openSession(request, socket, head, choice);
    if (verb === 'attach') await runAttach(session, process, choice);
    else await runExec(session, process, query.getAll('command'), choice);
  } catch (error) {
    refuse(socket, error as Error);
  }
}

function openSession(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  choice: StreamChoice,
): Promise<RemoteSession> {
  if (request.headers.upgrade?.toLowerCase() === 'websocket') {
    const protocol = chooseWebSocketProtocol(request, channelProtocols);
    return acceptWebSocket(request, socket, head, protocol).then((ws) => webSocketSession(ws, choice));
  }
  const offered = String(request.headers['x-stream-protocol-version'] ?? '')
    .split(',')
    .map((name) => name.trim());
  const protocol = streamProtocols.find((name) => offered.includes(name)) ?? 'channel.k8s.io';
  acceptSpdy(socket, head, protocol);
  return spdySession(socket, choice, protocol);
}

function forwardPorts(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  worker: PodWorker,
  input: ServerContext,
): void {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    acceptSpdy(socket, head, portForwardProtocol);
    servePortForward(socket, worker, input);
    return;
  }
  const protocol = chooseWebSocketProtocol(request, [tunnelProtocol]);
  void acceptWebSocket(request, socket, head, protocol).then((ws) => {
    servePortForward(createWebSocketStream(ws), worker, input);
  });
}

function chooseWebSocketProtocol(request: IncomingMessage, known: readonly string[]): string {
  const offered = String(request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim());
  const protocol = known.find((name) => offered.includes(name));
  if (!protocol) throw new HttpProblem(400, `none of the protocols ${offered.join(', ')} is spoken here`);
  return protocol;
}

/** The library never sees the protocol's name, because it would refuse those that are no token. */
function acceptWebSocket(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  protocol: string,
): Promise<WebSocket> {
  delete request.headers['sec-websocket-protocol'];
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve) => server.handleUpgrade(request, socket, head, resolve));
}

function acceptSpdy(socket: Socket, head: Buffer, protocol: string): void {
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  if (head.length > 0) socket.unshift(head);
}

function refuse(socket: Socket, error: Error): void {
  if (socket.destroyed || socket.bytesWritten > 0) return void socket.destroy();
  const code = error instanceof HttpProblem ? error.code : 500;
  const body = `${error.message}\n`;
  const head = `HTTP/1.1 ${code} ${code === 404 ? 'Not Found' : 'Error'}\r\nContent-Type: text/plain\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}
