import { Readable } from 'node:stream';
import { errorFromResponse } from '@lateen/kube/error';
import { listQuery, queryString, resourcePath } from '@lateen/kube/paths';
import type {
  KubeClient,
  KubeList,
  KubeObject,
  ListOptions,
  PatchType,
  ResourceId,
  WatchEvent,
  WriteOptions,
} from '@lateen/kube/types';
import { completeItems, patchMediaTypes } from '@lateen/kube/wire';
import type { ApiRequest, ApiResponse, User } from './request.ts';

export type Handle = (request: ApiRequest) => Promise<ApiResponse>;

/** Events that an in-process watcher may leave unread before its watch is ended. */
const maximumUnread = 10_000;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A client in the API server's own process: the same handlers, without a connection. */
export class LocalKubeClient implements KubeClient {
  readonly #handle: Handle;
  readonly #user: User;
  readonly #closed = new AbortController();

  constructor(handle: Handle, user: User) {
    this.#handle = handle;
    this.#user = user;
  }

  get<T extends KubeObject>(id: ResourceId, name: string, namespace?: string): Promise<T> {
    return this.#json({ method: 'GET', path: resourcePath(id, namespace, name) });
  }

  async list<T extends KubeObject>(id: ResourceId, options: ListOptions = {}): Promise<KubeList<T>> {
    const path = resourcePath(id, options.namespace) + listQuery(options);
    return completeItems(await this.#json<KubeList<T>>({ method: 'GET', path }));
  }

  create<T extends KubeObject>(id: ResourceId, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = resourcePath(id, namespace, options.subresource ? name : undefined, options.subresource);
    return this.#write('POST', path, 'application/json', object, options);
  }

  update<T extends KubeObject>(id: ResourceId, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name = '' } = object.metadata;
    const path = resourcePath(id, namespace, name, options.subresource);
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
    const path = resourcePath(id, namespace, name, options.subresource);
    return this.#write('PATCH', path, patchMediaTypes[type], body, options);
  }

  async delete(id: ResourceId, name: string, namespace?: string, options: object = {}): Promise<void> {
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options });
    const path = resourcePath(id, namespace, name);
    await this.#json({ method: 'DELETE', path, contentType: 'application/json', body });
  }

  async *watch<T extends KubeObject>(
    id: ResourceId,
    options: ListOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    const ended = new AbortController();
    const path =
      resourcePath(id, options.namespace) + listQuery(options, { watch: true, allowWatchBookmarks: true });
    const gone = AbortSignal.any([signal, ended.signal, this.#closed.signal]);
    const response = await this.#call({ method: 'GET', path, signal: gone });
    if (response.status !== 200 || typeof response.body !== 'function')
      throw failure(response, `GET ${path}`);
    const queue = new EventQueue();
    response.body(queue);
    try {
      for (;;) {
        const line = await queue.next();
        if (line === undefined) return;
        yield JSON.parse(line);
      }
    } finally {
      ended.abort();
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
    const response = await this.#call({
      method,
      path,
      headers: lower,
      ...(body !== undefined && { body: raw ? (body as string | Buffer) : JSON.stringify(body) }),
      ...(!raw && !lower['content-type'] && { contentType: 'application/json' }),
    });
    if (!(response.body instanceof Readable)) return { status: response.status, body: bodyOf(response) };
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    return { status: response.status, body: Buffer.concat(chunks) };
  }

  close(): void {
    this.#closed.abort();
  }

  #write<T>(
    method: string,
    path: string,
    contentType: string,
    body: unknown,
    options: WriteOptions,
  ): Promise<T> {
    const query = queryString({ fieldManager: options.fieldManager, force: options.force });
    const { signal } = options;
    return this.#json({ method, path: path + query, contentType, body: JSON.stringify(body), signal });
  }

  async #json<T>(call: Call): Promise<T> {
    const response = await this.#call(call);
    if (response.status > 299) throw failure(response, `${call.method} ${call.path}`);
    const { body } = response;
    return JSON.parse(typeof body === 'string' ? body : bodyOf(response).toString('utf8'));
  }

  #call(call: Call): Promise<ApiResponse> {
    const url = new URL(call.path, 'http://local');
    return this.#handle({
      method: call.method,
      path: url.pathname,
      query: url.searchParams,
      headers: {
        accept: 'application/json',
        // Managed fields name it as the manager; the controllers are what writes this way.
        'user-agent': 'kube-controller-manager',
        ...(call.contentType && { 'content-type': call.contentType }),
        ...call.headers,
      },
      body: call.body === undefined ? Buffer.alloc(0) : Buffer.from(call.body),
      user: this.#user,
      signal: call.signal ?? this.#closed.signal,
    });
  }
}

function bodyOf({ body }: ApiResponse): Buffer {
  return typeof body === 'function' || body instanceof Readable ? Buffer.alloc(0) : Buffer.from(body);
}

function failure(response: ApiResponse, what: string): Error {
  return errorFromResponse(response.status, bodyOf(response), what);
}

/** Lines between the server's side and one reader. */
class EventQueue {
  #lines: string[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  write(line: string): boolean {
    if (this.#ended || this.#lines.length >= maximumUnread) return false;
    this.#lines.push(line);
    this.#wake?.();
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<string | undefined> {
    while (this.#lines.length === 0) {
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return this.#lines.shift();
  }
}
