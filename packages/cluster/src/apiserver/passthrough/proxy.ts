import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { KubeObject } from '@lateen/kube/types';
import type { Scope } from '../engine/scope.ts';
import { ApiError, badRequest, notFound } from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import type { NodeConnection } from './node.ts';

interface Target {
  readonly host: string;
  open(): Promise<Socket>;
}

/** Headers that are about one connection only, or about this server's caller. */
const dropped: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Passes a request on to a pod, a service or the node: `…/NAME/proxy/PATH`. */
export async function proxyRequest(scope: Scope, node: NodeConnection): Promise<ApiResponse> {
  const { request, path } = scope;
  const target = targetOf(scope, node);
  const query = request.query.size > 0 ? `?${request.query}` : '';
  const socket = await target.open().catch((error) => {
    throw error instanceof ApiError ? error : unavailable((error as Error).message);
  });
  const answer = await exchange(scope, socket, target.host, `/${path.rest}${query}`);
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !dropped.has(name)) headers[name] = value;
  }
  return { status: answer.statusCode ?? 502, headers, body: answer };
}

function exchange(scope: Scope, socket: Socket, host: string, path: string): Promise<IncomingMessage> {
  const { method, body, signal } = scope.request;
  const headers: Record<string, string> = { host };
  for (const [name, value] of Object.entries(scope.request.headers)) {
    if (value !== undefined && !dropped.has(name) && !name.startsWith('impersonate-')) headers[name] = value;
  }
  if (body.length > 0) headers['content-length'] = String(body.length);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest({
    method,
    path,
    headers,
    signal,
    createConnection: () => socket,
  });
  request.on('response', resolve);
  request.on('error', (error) => reject(unavailable(error.message)));
  request.end(body);
  return promise;
}

function unavailable(why: string): ApiError {
  return new ApiError(503, 'ServiceUnavailable', `error trying to reach service: ${why}`);
}

function targetOf(scope: Scope, node: NodeConnection): Target {
  const { name: full, plural, namespace } = scope.path;
  const [name, wanted] = splitName(full);
  const found = scope.core.store.collection(plural).get(plural === 'nodes' ? '' : namespace, name)?.object;
  if (!found) throw notFound(scope.about, name);
  if (plural === 'nodes') return { host: name, open: () => node.connect() };
  if (plural === 'services') return serviceTarget(scope, node, found, wanted);
  const address = found.status?.podIP;
  if (!address) throw badRequest(`address not allowed: pod ${name} has no address yet`);
  const port = Number(wanted || found.spec?.containers?.[0]?.ports?.[0]?.containerPort || 80);
  return { host: `${address}:${port}`, open: () => node.dial(address, port, scope.request.signal) };
}

function serviceTarget(scope: Scope, node: NodeConnection, service: KubeObject, wanted: string): Target {
  const { name, namespace } = service.metadata;
  const ports: { name?: string; port: number }[] = service.spec?.ports ?? [];
  const port = ports.find((one) =>
    wanted === '' ? ports.length === 1 : one.name === wanted || String(one.port) === wanted,
  );
  const slices = [...scope.core.store.collection('endpointslices.discovery.k8s.io').entries(namespace)];
  const ready = slices.some(
    ({ object }) =>
      object.metadata.labels?.['kubernetes.io/service-name'] === name &&
      (object.endpoints ?? []).some((one: any) => one.conditions?.ready !== false),
  );
  if (!port || !ready) {
    const label = wanted === '' ? name! : `${name}:${wanted}`;
    throw new ApiError(
      503,
      'ServiceUnavailable',
      `no endpoints available for service ${JSON.stringify(label)}`,
    );
  }
  const host = service.spec.clusterIP;
  return { host: `${host}:${port.port}`, open: () => node.dial(host, port.port, scope.request.signal) };
}

/** `https:NAME:PORT`, `NAME:PORT`, `NAME`; the node side is always spoken to without TLS. */
function splitName(text: string): [string, string] {
  const parts = text.split(':');
  if (parts.length === 3) return [parts[1]!, parts[2]!];
  return [parts[0]!, parts[1] ?? ''];
}
