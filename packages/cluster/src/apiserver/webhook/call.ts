import { request as httpRequest, type RequestOptions } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Core } from '../core.ts';
import type { Webhook } from './select.ts';

const maximumAnswer = 3 * 1024 * 1024;

interface Target {
  /** As error texts show it, without the query. */
  readonly url: string;
  readonly serverName: string;
  readonly path: string;
  open(signal: AbortSignal): Promise<Socket>;
}

/** Posts a review to a webhook. Rejects with the words that Kubernetes has for the failure. */
export async function callWebhook(core: Core, hook: Webhook, review: unknown): Promise<any> {
  const timeout = hook.timeoutSeconds ?? 10;
  const target = targetOf(core, hook);
  const url = `${target.url}?timeout=${timeout}s`;
  const signal = AbortSignal.timeout(timeout * 1000);
  try {
    const text = await post(
      target,
      hook,
      `${target.path}?timeout=${timeout}s`,
      JSON.stringify(review),
      signal,
    );
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof WebhookFailure) throw error;
    const why = signal.aborted ? 'context deadline exceeded' : describe(error as NodeJS.ErrnoException);
    throw new WebhookFailure(`failed to call webhook: Post ${JSON.stringify(url)}: ${why}`);
  }
}

/** The webhook could not be asked. */
export class WebhookFailure extends Error {}

function targetOf(core: Core, hook: Webhook): Target {
  const { url, service } = hook.clientConfig;
  if (url !== undefined) return urlTarget(url);
  const { name, namespace, path = '', port = 443 } = service!;
  const host = `${name}.${namespace}.svc`;
  return {
    url: `https://${host}:${port}${path}`,
    serverName: host,
    path: path || '/',
    open(signal) {
      const found = core.store.collection('services').get(namespace, name)?.object;
      if (!found) throw new Error(`service ${JSON.stringify(name)} not found`);
      const { clusterIP, externalName } = found.spec ?? {};
      const address = externalName ?? clusterIP;
      if (!core.node.available) throw new Error(`dial tcp ${address}:${port}: connect: no route to host`);
      return core.node.dial(address, port, signal);
    },
  };
}

function urlTarget(text: string): Target {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 443);
  return {
    url: `https://${url.host}${url.pathname}`,
    serverName: host,
    path: url.pathname,
    open: (signal) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host, port, signal });
        socket.once('connect', () => resolve(socket));
        socket.once('error', reject);
      }),
  };
}

async function post(
  target: Target,
  hook: Webhook,
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const raw = await target.open(signal);
  const { caBundle } = hook.clientConfig;
  const socket = connectTls({
    socket: raw,
    ...(isIP(target.serverName) === 0 ? { servername: target.serverName } : { host: target.serverName }),
    ...(caBundle && { ca: Buffer.from(caBundle, 'base64').toString('utf8') }),
    ALPNProtocols: ['http/1.1'],
  });
  try {
    return await exchange({ path, signal, createConnection: () => socket }, target, body);
  } finally {
    socket.destroy();
  }
}

function exchange(options: RequestOptions, target: Target, body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = httpRequest({
    ...options,
    method: 'POST',
    headers: {
      Host: new URL(target.url).host,
      'Content-Type': 'application/json',
      Accept: 'application/json, */*',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'kube-apiserver-admission',
    },
  });
  request.on('error', reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maximumAnswer)
        request.destroy(new Error(`the answer is larger than ${maximumAnswer} bytes`));
      else chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode < 300) resolve(text);
      else reject(new WebhookFailure(`failed to call webhook: ${httpFailure(statusCode, text)}`));
    });
  });
  request.end(body);
  return promise;
}

function httpFailure(status: number, text: string): string {
  if (status === 404) return 'the server could not find the requested resource';
  const known: Readonly<Record<number, string>> = {
    500: `an error on the server (${JSON.stringify(text.trim())}) has prevented the request from succeeding`,
    503: 'the server is currently unable to handle the request',
    401: 'the server has asked for the client to provide credentials',
    403: text.trim(),
  };
  return known[status] ?? `the server rejected our request for an unknown reason (HTTP ${status})`;
}

/** Node's errors in Go's words. */
function describe(
  error: NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string },
): string {
  const place = `dial tcp ${error.address}:${error.port}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return error.address ? `${place}: connect: connection refused` : error.message;
    case 'EHOSTUNREACH':
      return `${place}: connect: no route to host`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${error.hostname ?? ''}: no such host`;
    case 'ECONNRESET':
      return 'EOF';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    default:
      return error.message;
  }
}
