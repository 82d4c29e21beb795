import type { Readable } from 'node:stream';

/** A request as the handlers see it, whichever way it came in. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly user: User;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Where a long answer goes. */
export interface Sink {
  /** False when the reader is too slow: what is written next may be refused. */
  write(chunk: string): boolean;
  end(): void;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Record<string, string | readonly string[]>;
  /** The whole answer, or how to produce it. */
  readonly body: string | Buffer | Readable | ((sink: Sink) => void);
}

/** What the path of a resource request names. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Empty for cluster-scoped resources and lists over all namespaces. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows the subresource, for proxies. */
  readonly rest: string;
}

/** Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`; undefined for other paths and for mere group or version paths. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').slice(1).map(decode);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const [group = '', version = ''] = core ? ['', parts[1]] : [parts[1], parts[2]];
  const rest = parts.slice(core ? 2 : 3);
  if (rest.length === 0 || rest[0] === '') return undefined;
  if (rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2]!)) {
    return place(group, version, rest[1]!, rest.slice(2));
  }
  return place(group, version, '', rest);
}

function place(group: string, version: string, namespace: string, rest: readonly string[]): ResourcePath {
  const [plural = '', name = '', subresource = ''] = rest;
  return { group, version, plural, namespace, name, subresource, rest: rest.slice(3).join('/') };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The request's verb as RBAC names it. */
export function verbOf(method: string, path: ResourcePath, query: URLSearchParams): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === '' ? 'deletecollection' : 'delete';
    default:
      if (path.name !== '') return 'get';
      return ['true', '1'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
  }
}
