import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { KubeError } from './error.ts';

export interface KubeClientOptions {
  /** `https://host:port`, or `http://` for a server without TLS. Only names the certificate's host with `socketPath`. */
  readonly server?: string;
  /** Unix socket to connect to instead of the server's address. */
  readonly socketPath?: string;
  /** PEM bundle that the server's certificate must chain to. */
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Host name expected in the server's certificate; the one in `server` when absent. */
  readonly serverName?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly token?: string;
  /** File with a bearer token, read again as it is rotated. */
  readonly tokenFile?: string;
  readonly userAgent?: string;
  /** Milliseconds without a byte after which a request other than a watch fails; 60000 when absent. */
  readonly timeout?: number;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
  /** 0 waits for ever. */
  readonly timeout?: number;
}

const tokenLifetime = 30_000;

/** One keep-alive connection pool to one API server. */
export class Transport {
  readonly #options: KubeClientOptions;
  readonly #secure: boolean;
  readonly #agent: http.Agent;
  readonly #target: https.RequestOptions;
  #token: { value: string; readAt: number } | undefined;

  constructor(options: KubeClientOptions) {
    this.#options = options;
    const url = new URL(options.server ?? 'https://kubernetes.default.svc');
    this.#secure = url.protocol === 'https:';
    this.#agent = this.#secure ? secureAgent(options, url) : new http.Agent({ keepAlive: true });
    this.#target = { ...address(options, url), agent: this.#agent };
  }

  /** The response's head, with its body still to be read. Rejects with a KubeError of code 0 when there is none. */
  async open(call: Call): Promise<http.IncomingMessage> {
    try {
      return await this.#send(call);
    } catch (error) {
      if (!(error instanceof StaleSocket) || call.method === 'POST') throw this.#unreachable(call, error);
    }
    return this.#send(call).catch((error) => {
      throw this.#unreachable(call, error);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(call: Call): Promise<http.IncomingMessage> {
    const headers: Record<string, string> = {
      'user-agent': this.#options.userAgent ?? 'lateen',
      ...call.headers,
    };
    const token = this.#bearerToken();
    if (token && !headers.authorization) headers.authorization = `Bearer ${token}`;
    const { method, path, signal, body } = call;
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
    return new Promise((resolve, reject) => {
      const start = this.#secure ? https.request : http.request;
      const request = start({ ...this.#target, method, path, headers, signal });
      const limit = call.timeout ?? this.#options.timeout ?? 60_000;
      if (limit > 0)
        request.setTimeout(limit, () => request.destroy(new Error(`no answer within ${limit / 1000} s`)));
      request.once('response', resolve);
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(stale ? new StaleSocket(error.message) : error);
      });
      request.end(body);
    });
  }

  #bearerToken(): string | undefined {
    const { token, tokenFile } = this.#options;
    if (!tokenFile) return token;
    if (!this.#token || Date.now() - this.#token.readAt > tokenLifetime) {
      this.#token = { value: readFileSync(tokenFile, 'utf8').trim(), readAt: Date.now() };
    }
    return this.#token.value;
  }

  #unreachable(call: Call, error: any): Error {
    if (error?.name === 'AbortError') return error;
    const where = this.#options.socketPath ?? this.#options.server ?? 'https://kubernetes.default.svc';
    const text = `${call.method} ${call.path}: the API server at ${where} does not answer: ${error?.message || error?.code}`;
    return new KubeError(0, 'Unreachable', text, undefined, error);
  }
}

/** A kept-alive connection that the server had closed before the request reached it. */
class StaleSocket extends Error {}

function secureAgent(options: KubeClientOptions, url: URL): https.Agent {
  const { ca, cert, key } = options;
  const servername = options.serverName ?? url.hostname.replace(/^\[|\]$/g, '');
  return new https.Agent({
    keepAlive: true,
    ca,
    cert,
    key,
    // An address must not be sent as SNI; Node checks it against the certificate's addresses all the same.
    servername: /^[\d.]+$|:/.test(servername) ? '' : servername,
    rejectUnauthorized: !options.insecureSkipTlsVerify,
  });
}

function address(options: KubeClientOptions, url: URL): https.RequestOptions {
  if (options.socketPath) return { socketPath: options.socketPath, host: url.hostname };
  const port = url.port || (url.protocol === 'https:' ? 443 : 80);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** The whole body of a response. Rejects with a KubeError of code 0 when it breaks off. */
export async function readBody(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk);
  } catch (error) {
    const text = `the API server's answer broke off: ${(error as Error).message}`;
    throw new KubeError(0, 'Unreachable', text, undefined, error);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
