import http from 'node:http';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import type { PodNetwork, PodNetworks } from '../../network/pod-network.ts';
import type { Container } from '../container/container.ts';
import { describeDialError, dialPod } from './dial.ts';
import { checkGrpc } from './grpc-check.ts';
import type { ProbeOutcome } from './probe.ts';

/** What a handler (of a probe or a hook) reaches. */
export interface HandlerTarget {
  readonly networks: PodNetworks;
  readonly network: PodNetwork;
  /** Spec of the container, for ports by name. */
  readonly container: any;
  readonly process: Container;
}

const outputBytes = 10 * 1024;

/** Runs one handler once: `exec`, `httpGet`, `tcpSocket` or `grpc`. Never rejects, never takes longer than told. */
export async function runHandler(
  handler: any,
  target: HandlerTarget,
  timeout: number,
): Promise<ProbeOutcome> {
  try {
    if (handler.exec) return await runExec(handler.exec.command ?? [], target.process, timeout);
    if (handler.httpGet) return await runHttp(handler.httpGet, target, timeout);
    if (handler.tcpSocket) return await runTcp(handler.tcpSocket, target, timeout);
    if (handler.grpc) return await runGrpc(handler.grpc, target, timeout);
    if (handler.sleep) return await runSleep(handler.sleep.seconds ?? 0, timeout);
    return { ok: false, message: 'the handler has no exec, httpGet, tcpSocket or grpc' };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

/** A port by number or by its name in the container. */
export function portNumber(port: string | number, container: any): number {
  if (typeof port === 'number' || /^\d+$/.test(port)) return Number(port);
  const found = (container.ports ?? []).find(({ name }: any) => name === port);
  if (!found) throw new Error(`couldn't find port: ${port}`);
  return found.containerPort;
}

function runSleep(seconds: number, timeout: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    setTimeout(() => resolve({ ok: true, message: '' }), Math.min(seconds * 1000, timeout));
  });
}

async function runExec(command: string[], process: Container, timeout: number): Promise<ProbeOutcome> {
  const launched = process.exec(command);
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: Buffer) => {
    if (size < outputBytes) chunks.push(chunk);
    size += chunk.length;
  };
  launched.stdout.on('data', keep);
  launched.stderr?.on('data', keep);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    launched.kill('SIGKILL');
  }, timeout);
  const exit = await launched.exited;
  clearTimeout(timer);
  await new Promise(setImmediate);
  if (timedOut)
    return {
      ok: false,
      message: `command timed out: "${command.join(' ')}" timed out after ${timeout / 1000}s`,
    };
  return { ok: exit.code === 0, message: Buffer.concat(chunks).subarray(0, outputBytes).toString('utf8') };
}

async function runTcp(handler: any, target: HandlerTarget, timeout: number): Promise<ProbeOutcome> {
  const host = handler.host || target.network.address;
  const port = portNumber(handler.port, target.container);
  try {
    const socket = await dialPod(target.networks, target.network, { host, port, timeout });
    socket.on('error', () => {});
    socket.destroy();
    return { ok: true, message: '' };
  } catch (error) {
    return { ok: false, message: describeDialError(error, host, port) };
  }
}

async function runGrpc(handler: any, target: HandlerTarget, timeout: number): Promise<ProbeOutcome> {
  const host = target.network.address;
  const port = portNumber(handler.port, target.container);
  try {
    const socket = await dialPod(target.networks, target.network, { host, port, timeout });
    return await checkGrpc(socket, handler.service ?? '', timeout);
  } catch (error) {
    return { ok: false, message: describeDialError(error, host, port) };
  }
}

async function runHttp(handler: any, target: HandlerTarget, timeout: number): Promise<ProbeOutcome> {
  const host = handler.host || target.network.address;
  const port = portNumber(handler.port, target.container);
  const scheme = (handler.scheme ?? 'HTTP').toLowerCase();
  const pathname = handler.path?.startsWith('/') ? handler.path : `/${handler.path ?? ''}`;
  const url = `${scheme}://${host}:${port}${pathname}`;
  const deadline = performance.now() + timeout;
  let socket: Socket;
  try {
    socket = await dialPod(target.networks, target.network, { host, port, timeout });
  } catch (error) {
    return { ok: false, message: `Get "${url}": ${describeDialError(error, host, port)}` };
  }
  const stream = scheme === 'https' ? tls.connect({ socket, rejectUnauthorized: false }) : socket;
  const headers: Record<string, string> = {
    Host: `${host}:${port}`,
    'User-Agent': 'kube-probe/1.34',
    Accept: '*/*',
  };
  for (const { name, value } of handler.httpHeaders ?? []) headers[name] = value;
  return ask(stream, { path: pathname, headers }, url, Math.max(1, deadline - performance.now()));
}

function ask(
  stream: Socket,
  request: { path: string; headers: Record<string, string> },
  url: string,
  timeout: number,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const finish = (ok: boolean, message: string) => {
      clearTimeout(timer);
      resolve({ ok, message });
      stream.destroy();
    };
    const timer = setTimeout(
      () =>
        finish(
          false,
          `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
        ),
      timeout,
    );
    const call = http.request({ ...request, method: 'GET', createConnection: () => stream });
    call.on('response', (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      finish(status >= 200 && status < 400, `HTTP probe failed with statuscode: ${status}`);
    });
    call.on('error', (error) => finish(false, `Get "${url}": ${describeHttpError(error)}`));
    call.end();
  });
}

function describeHttpError(error: NodeJS.ErrnoException): string {
  return error.code === 'ECONNRESET' ? 'EOF' : error.message;
}
