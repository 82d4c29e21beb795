import { errorFromResponse, KubeError } from './error.ts';
import { listQuery, queryString, resourcePath } from './paths.ts';
import { type Call, type KubeClientOptions, readBody, Transport } from './transport.ts';
import type {
  KubeClient,
  KubeList,
  KubeObject,
  ListOptions,
  PatchType,
  ResourceId,
  WatchEvent,
  WriteOptions,
} from './types.ts';
import { watchEvents } from './watch.ts';
import { completeItems, patchMediaTypes } from './wire.ts';

export type { KubeClientOptions } from './transport.ts';

/** Longest life of a watch connection in seconds: the server ends it, or this side a little later. */
const watchSeconds = 600;

/** A client of the API server at `options.server` or behind `options.socketPath`. No connection is made before the first call. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  return new HttpKubeClient(new Transport(options));
}

class HttpKubeClient implements KubeClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get<T extends KubeObject>(id: ResourceId, name: string, namespace?: string): Promise<T> {
    return this.#json<T>({ method: 'GET', path: resourcePath(id, namespace, name), headers: {} });
  }

  async list<T extends KubeObject>(id: ResourceId, options: ListOptions = {}): Promise<KubeList<T>> {
    const path = resourcePath(id, options.namespace) + listQuery(options);
    return completeItems(await this.#json<KubeList<T>>({ method: 'GET', path, headers: {} }));
  }

  create<T extends KubeObject>(id: ResourceId, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = resourcePath(id, namespace, options.subresource ? name : undefined, options.subresource);
    return this.#write('POST', path, 'application/json', object, options);
  }

  update<T extends KubeObject>(id: ResourceId, object: T, options: WriteOptions = {}): Promise<T> {
    const path = resourcePath(id, object.metadata.namespace, object.metadata.name ?? '', options.subresource);
    return this.#write('PUT', path, 'application/json', object, options);
  }

  patch<T extends KubeObject>(
    id: ResourceId,
    name: string,
    namespace: string | undefined,
    type: PatchType,
    body: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#write(
      'PATCH',
      resourcePath(id, namespace, name, options.subresource),
      patchMediaTypes[type],
      body,
      options,
    );
  }

  async delete(
    id: ResourceId,
    name: string,
    namespace?: string,
    options: {
      gracePeriodSeconds?: number;
      propagationPolicy?: string;
      preconditions?: { uid?: string; resourceVersion?: string };
    } = {},
  ): Promise<void> {
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options });
    const path = resourcePath(id, namespace, name);
    await this.#json({ method: 'DELETE', path, headers: { 'content-type': 'application/json' }, body });
  }

  async *watch<T extends KubeObject>(
    id: ResourceId,
    options: ListOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    const deadline = AbortSignal.timeout((watchSeconds + 30) * 1000);
    const either = AbortSignal.any([signal, deadline]);
    const query = listQuery(options, {
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: watchSeconds,
    });
    const path = resourcePath(id, options.namespace) + query;
    const headers = { accept: 'application/json' };
    try {
      const response = await this.#transport.open({
        method: 'GET',
        path,
        headers,
        signal: either,
        timeout: 0,
      });
      if (response.statusCode !== 200) {
        throw errorFromResponse(response.statusCode ?? 0, await readBody(response), `GET ${path}`);
      }
      yield* watchEvents<T>(response);
    } catch (error) {
      if (either.aborted) return;
      throw error instanceof KubeError
        ? error
        : new KubeError(0, 'Unreachable', `GET ${path}: ${error}`, undefined, error);
    }
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Buffer }> {
    const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const lower = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    if (!raw) lower['content-type'] ??= 'application/json';
    const response = await this.#transport.open({
      method,
      path,
      headers: lower,
      body: raw ? (body as string | Buffer | undefined) : JSON.stringify(body),
    });
    return { status: response.statusCode ?? 0, body: await readBody(response) };
  }

  close(): void {
    this.#transport.close();
  }

  #write<T>(method: string, path: string, type: string, body: unknown, options: WriteOptions): Promise<T> {
    const query = queryString({ fieldManager: options.fieldManager, force: options.force });
    const headers = { 'content-type': type };
    return this.#json<T>({
      method,
      path: path + query,
      headers,
      body: JSON.stringify(body),
      signal: options.signal,
    });
  }

  async #json<T>(call: Call): Promise<T> {
    const response = await this.#transport.open({
      ...call,
      headers: { accept: 'application/json', ...call.headers },
    });
    const body = await readBody(response);
    const status = response.statusCode ?? 0;
    const what = `${call.method} ${call.path}`;
    if (status < 200 || status > 299) throw errorFromResponse(status, body, what);
    try {
      return JSON.parse(body.toString('utf8')) as T;
    } catch (error) {
      throw new KubeError(status, 'Unknown', `${what}: the answer is not JSON`, undefined, error);
    }
  }
}
