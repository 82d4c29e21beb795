import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import type { Log } from '@lateen/kit';
import { maximumBody } from '../engine/body.ts';
import type { ApiRequest, ApiResponse, User } from '../request.ts';

export interface ServerCredentials {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

/** What the HTTP side needs of the rest. */
export interface Backend {
  /** The caller, or the refusal to answer. */
  authenticate(request: IncomingMessage): User | ApiResponse;
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** Takes over the connection of an upgrade request. */
  upgrade(request: ApiRequest, incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

/** A slow reader may be this far behind before its stream is cut. */
const maximumBacklog = 16 * 1024 * 1024;

/** A server that is not listening yet. Requests wait until there is a backend. */
export function createApiListener(
  credentials: ServerCredentials,
  log: Log,
  backend: Promise<Backend>,
): Server {
  const server = createServer({
    cert: credentials.certificate,
    key: credentials.privateKey,
    ca: credentials.authority,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    keepAlive: true,
    noDelay: true,
    requestTimeout: 60_000,
  });
  server.keepAliveTimeout = 120_000;
  server.on('request', (incoming, outgoing) => {
    serve(backend, incoming, outgoing).catch((error) => {
      log.warn('request failed', { error });
      outgoing.destroy();
    });
  });
  server.on('upgrade', (incoming, socket, head) => {
    socket.on('error', () => socket.destroy());
    upgrade(backend, incoming, socket, head).catch((error) => {
      log.warn('upgrade failed', { error });
      socket.destroy();
    });
  });
  server.on('tlsClientError', () => {});
  trackConnections(server);
  return server;
}

/** Stops listening and cuts every connection, upgraded ones too. */
export function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.emit('cut');
  });
}

/** Upgraded connections are no longer the HTTP server's: it would wait for them for ever. */
function trackConnections(server: Server): void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('cut', () => {
    for (const socket of open) socket.destroy();
  });
}

/** Starts to listen; the port is known when it resolves. */
export function listen(
  server: Server,
  place: { host: string; port: number } | { path: string },
): Promise<void> {
  if ('path' in place) {
    mkdirSync(dirname(place.path), { recursive: true, mode: 0o700 });
    rmSync(place.path, { force: true });
  }
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(place, error)));
    server.listen(place, () => {
      server.removeAllListeners('error');
      server.on('error', () => {});
      if ('path' in place) chmodSync(place.path, 0o600);
      resolve();
    });
  });
}

/** The same error in words that say what to do; its code stays. */
function listenError(
  place: { host: string; port: number } | { path: string },
  error: NodeJS.ErrnoException,
): NodeJS.ErrnoException {
  const where = 'path' in place ? place.path : `${place.host}:${place.port}`;
  const what: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is in use: another API server runs there; stop it, or choose another address or port`,
    EADDRNOTAVAIL: `${where}: this machine has no such address`,
  };
  error.message = what[error.code ?? ''] ?? `cannot listen on ${where}: ${error.message}`;
  return error;
}

async function serve(
  pending: Promise<Backend>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const backend = await pending;
  const user = backend.authenticate(incoming);
  if ('status' in user) {
    incoming.resume();
    await send(user, incoming, outgoing);
    return;
  }
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const body = await readBody(incoming);
  const request = toRequest(incoming, user, body, gone.signal);
  await send(await backend.handle(request), incoming, outgoing);
}

async function upgrade(
  pending: Promise<Backend>,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const backend = await pending;
  const user = backend.authenticate(incoming);
  if ('status' in user) {
    sendRaw(socket, user);
    return;
  }
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  await backend.upgrade(toRequest(incoming, user, Buffer.alloc(0), gone.signal), incoming, socket, head);
}

/** A plain answer on a connection that asked for an upgrade. */
export function sendRaw(socket: Duplex, response: ApiResponse): void {
  const body = plainBody(response);
  const lines = Object.entries(response.headers).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}`),
  );
  socket.end(
    Buffer.concat([
      Buffer.from(
        [
          `HTTP/1.1 ${response.status} ${response.status}`,
          ...lines,
          `Content-Length: ${body.length}`,
          'Connection: close',
          '',
          '',
        ].join('\r\n'),
      ),
      body,
    ]),
  );
}

/** The body of an answer that is no stream. */
export function plainBody({ body }: ApiResponse): Buffer {
  return typeof body === 'function' || body instanceof Readable ? Buffer.alloc(0) : Buffer.from(body);
}

function toRequest(incoming: IncomingMessage, user: User, body: Buffer, signal: AbortSignal): ApiRequest {
  const url = incoming.url ?? '/';
  const at = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
    headers: incoming.headers as Record<string, string | undefined>,
    body,
    user,
    signal,
  };
}

function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  if ((length === undefined || length === '0') && encoding === undefined)
    return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      // One byte over the limit is kept, so that the handler refuses it with the proper answer.
      if (size <= maximumBody + 1) chunks.push(chunk);
    });
    incoming.on('end', () =>
      resolve(size > maximumBody + 1 ? Buffer.alloc(maximumBody + 1) : Buffer.concat(chunks)),
    );
    incoming.on('error', reject);
    incoming.on('aborted', () => reject(new Error('the client went away')));
  });
}

async function send(
  response: ApiResponse,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { body } = response;
  if (typeof body === 'function') {
    outgoing.writeHead(response.status, headersOf(response));
    outgoing.flushHeaders();
    body({
      write: (chunk) => {
        if (outgoing.destroyed || outgoing.writableLength > maximumBacklog) return false;
        outgoing.write(chunk);
        return true;
      },
      end: () => outgoing.end(),
    });
    return;
  }
  if (body instanceof Readable) {
    outgoing.writeHead(response.status, headersOf(response));
    outgoing.flushHeaders();
    // A reader that leaves in the middle is no error.
    await pipeline(body, outgoing).catch(() => {});
    return;
  }
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const empty = response.status === 304 || response.status === 204 || incoming.method === 'HEAD';
  outgoing.writeHead(response.status, { ...headersOf(response), ...(!empty && { 'Content-Length': size }) });
  outgoing.end(empty ? undefined : body);
}

function headersOf(response: ApiResponse): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'Cache-Control': 'no-cache, private' };
  for (const [name, value] of Object.entries(response.headers)) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  return headers;
}

/** The verified client certificate's user and groups, if there is one. */
export function certificateUser(incoming: IncomingMessage): User | undefined {
  const socket = incoming.socket as TLSSocket;
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const name = subject?.CN;
  if (typeof name !== 'string') return undefined;
  const groups = [subject.O ?? []].flat();
  return { name, groups: [...groups, 'system:authenticated'] };
}
