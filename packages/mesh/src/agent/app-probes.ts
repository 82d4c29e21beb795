import { connect } from 'node:net';
import { request as plainRequest } from './http.ts';

/** One probe of the application that was rewritten to ask the agent. */
export interface AppProbe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: string;
    readonly host?: string;
    readonly httpHeaders?: readonly { name: string; value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly timeoutSeconds?: number;
}

/** ISTIO_KUBE_APP_PROBERS: path on the agent to probe. */
export function readAppProbes(json: string | undefined): Readonly<Record<string, AppProbe>> {
  if (!json) return {};
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/** Asks the application as the kubelet would have; the status to answer with. */
export async function runAppProbe(probe: AppProbe, host: string): Promise<number> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.httpGet) return await probeHttp(probe.httpGet, host, timeout);
    await probeTcp(probe.tcpSocket?.host ?? host, Number(probe.tcpSocket?.port ?? probe.grpc?.port), timeout);
    return 200;
  } catch {
    return 500;
  }
}

async function probeHttp(
  get: NonNullable<AppProbe['httpGet']>,
  podAddress: string,
  timeout: number,
): Promise<number> {
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.34', accept: '*/*' };
  for (const { name, value } of get.httpHeaders ?? []) headers[name] = value;
  const https = get.scheme?.toUpperCase() === 'HTTPS';
  const host = get.host ?? podAddress;
  const target = {
    host,
    port: Number(get.port),
    path: get.path || '/',
    headers,
    timeout,
    agent: false as const,
  };
  const send = https ? (await import('node:https')).request : plainRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send({ ...target, rejectUnauthorized: false }, (response) => {
      response.resume();
      const status = response.statusCode ?? 500;
      response.on('end', () => resolve(status >= 200 && status < 400 ? 200 : status));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function probeTcp(host: string, port: number, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
  });
}
