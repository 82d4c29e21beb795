import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { ApiError } from '../errors.ts';

const dialTimeout = 10_000;

/** The node's HTTP server, reached over its Unix socket. */
export class NodeConnection {
  readonly #socketPath: string | undefined;

  constructor(socketPath: string | undefined) {
    this.#socketPath = socketPath;
  }

  get available(): boolean {
    return this.#socketPath !== undefined;
  }

  /** The head of the answer to a GET; the body is still to be read. */
  get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = httpRequest({ socketPath: this.#path(), path, signal, agent: false });
    request.on('response', resolve);
    request.on('error', (error) => reject(unreachable(error)));
    request.end();
    return promise;
  }

  /** A raw connection to the node's HTTP server. */
  connect(): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connect({ path: this.#path() });
    socket.setTimeout(dialTimeout, () => socket.destroy(new Error('the node does not answer')));
    socket.once('error', (error) => reject(unreachable(error)));
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    return promise;
  }

  /** A connection to an address inside the node: a service's or a pod's. Rejects with the node's own words. */
  dial(host: string, port: number, signal?: AbortSignal): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const request = httpRequest({
      socketPath: this.#path(),
      method: 'CONNECT',
      path: target,
      agent: false,
      signal,
    });
    request.setTimeout(dialTimeout, () => request.destroy(new Error(`dial tcp ${target}: i/o timeout`)));
    request.on('connect', (response, socket) => {
      (socket as Socket).setTimeout(0);
      if (response.statusCode === 200) {
        resolve(socket as Socket);
        return;
      }
      socket.destroy();
      reject(new Error(response.statusMessage || `dial tcp ${target}: connect: connection refused`));
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        reject(new Error(Buffer.concat(chunks).toString('utf8').trim() || `dial tcp ${target}: refused`)),
      );
    });
    request.on('error', reject);
    request.end();
    return promise;
  }

  #path(): string {
    if (this.#socketPath === undefined) {
      throw new ApiError(
        503,
        'ServiceUnavailable',
        'this cluster has no node: it was started with --profile api',
      );
    }
    return this.#socketPath;
  }
}

function unreachable(error: Error): ApiError {
  return new ApiError(503, 'ServiceUnavailable', `the node does not answer: ${error.message}`);
}
