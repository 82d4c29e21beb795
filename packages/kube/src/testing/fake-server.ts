import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { resourcePath } from '../paths.ts';
import type { KubeObject, ResourceId } from '../types.ts';

type Listener = (line: string) => void;

/**
 * A very small API server for tests of clients: any number of resources without schemas, with versions, conflicts,
 * watches, bookmarks and expiry. Paths are the real ones.
 */
export class FakeServer {
  readonly requests: string[] = [];
  readonly #server = http.createServer((request, response) => void this.#serve(request, response));
  readonly #objects = new Map<string, KubeObject>();
  #log: Array<{ version: number; path: string; line: string }> = [];
  readonly #watchers = new Set<{ prefix: RegExp; send: Listener; end: () => void }>();
  #version = 100;
  #oldest = 0;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends every watch connection, as a restarted server does. */
  dropWatches(): void {
    for (const watcher of [...this.#watchers]) watcher.end();
  }

  /** Forgets the history, so that a watch from an earlier version answers 410. */
  expire(): void {
    this.#log = [];
    this.#oldest = ++this.#version;
  }

  get watching(): number {
    return this.#watchers.size;
  }

  put(id: ResourceId, object: KubeObject): KubeObject {
    const path = resourcePath(id, object.metadata.namespace, object.metadata.name);
    return this.#store(path, object, this.#objects.has(path) ? 'MODIFIED' : 'ADDED');
  }

  remove(id: ResourceId, name: string, namespace?: string): void {
    const path = resourcePath(id, namespace, name);
    const object = this.#objects.get(path);
    if (!object) return;
    this.#objects.delete(path);
    this.#emit(path, 'DELETED', object);
  }

  /** Sends a bookmark with the current version to every watch. */
  bookmark(): void {
    const object = {
      kind: 'Bookmark',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(this.#version) },
    };
    for (const { send } of this.#watchers) send(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  #store(path: string, object: KubeObject, type: string): KubeObject {
    const metadata = { uid: `uid-${path}`, ...object.metadata };
    const stored = { ...object, metadata };
    this.#objects.set(path, stored);
    this.#emit(path, type, stored);
    return stored;
  }

  #emit(path: string, type: string, object: KubeObject): void {
    object.metadata.resourceVersion = String(++this.#version);
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#log.push({ version: this.#version, path, line });
    for (const { prefix, send } of this.#watchers) if (prefix.test(path)) send(line);
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    this.requests.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
    if (request.method === 'GET') this.#read(url, response);
    else this.#write(request.method ?? '', url.pathname, body, response);
  }

  #read(url: URL, response: http.ServerResponse): void {
    const object = this.#objects.get(url.pathname);
    if (object) answer(response, 200, object);
    else if (!isCollection(url.pathname)) fail(response, 404, 'NotFound', `${url.pathname} not found`);
    else if (url.searchParams.get('watch')) this.#watch(url, collectionPattern(url.pathname), response);
    else this.#list(url, collectionPattern(url.pathname), response);
  }

  #list(url: URL, prefix: RegExp, response: http.ServerResponse): void {
    const items = [...this.#objects].filter(([path]) => prefix.test(path)).map(([, item]) => item);
    const start = Number(url.searchParams.get('continue') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? items.length);
    const more = start + limit < items.length ? String(start + limit) : undefined;
    const metadata = { resourceVersion: String(this.#version), continue: more };
    const page = items.slice(start, start + limit).map(({ apiVersion: _, kind: __, ...rest }) => rest);
    answer(response, 200, { kind: `${items[0]?.kind ?? ''}List`, apiVersion: 'v1', metadata, items: page });
  }

  #watch(url: URL, prefix: RegExp, response: http.ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (from < this.#oldest) {
      const object = {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: `too old resource version: ${from}`,
      };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    response.flushHeaders();
    for (const { version, path, line } of this.#log)
      if (version > from && prefix.test(path)) response.write(line);
    // Cut in two, so that readers must join what belongs together.
    const send = (line: string) => {
      response.write(line.slice(0, 20));
      response.write(line.slice(20));
    };
    const watcher = {
      prefix,
      send,
      end: () => {
        this.#watchers.delete(watcher);
        response.end();
      },
    };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #write(method: string, path: string, body: any, response: http.ServerResponse): void {
    const target = method === 'POST' ? `${path}/${body.metadata.name}` : path.replace(/\/status$/, '');
    const existing = this.#objects.get(target);
    const stale =
      body.metadata?.resourceVersion && body.metadata.resourceVersion !== existing?.metadata.resourceVersion;
    if (method === 'POST') {
      if (existing) fail(response, 409, 'AlreadyExists', `${target} already exists`);
      else answer(response, 201, this.#store(target, body, 'ADDED'));
    } else if (!existing) {
      fail(response, 404, 'NotFound', `${target} not found`);
    } else if (method === 'DELETE') {
      this.#objects.delete(target);
      this.#emit(target, 'DELETED', existing);
      answer(response, 200, { kind: 'Status', status: 'Success' });
    } else if (stale) {
      fail(response, 409, 'Conflict', 'the object has been modified');
    } else {
      const next = method === 'PATCH' ? mergePatch(existing, body) : body;
      answer(response, 200, this.#store(target, next, 'MODIFIED'));
    }
  }
}

function mergePatch(target: any, patch: any): any {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result: any = target && typeof target === 'object' && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function isCollection(path: string): boolean {
  const parts = path.split('/').slice(path.startsWith('/apis/') ? 4 : 3);
  return parts.length === 1 || (parts.length === 3 && parts[0] === 'namespaces');
}

function collectionPattern(path: string): RegExp {
  const at = path.lastIndexOf('/');
  const [base, resource] = [path.slice(0, at), path.slice(at + 1)];
  const anyNamespace = base.includes('/namespaces/') ? '' : '(/namespaces/[^/]+)?';
  return new RegExp(`^${base}${anyNamespace}/${resource}/[^/]+$`);
}

function answer(response: http.ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function fail(response: http.ServerResponse, code: number, reason: string, message: string): void {
  answer(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
}
