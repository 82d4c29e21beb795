import { rmSync } from 'node:fs';
import http from 'node:http';
import type { NodeContext } from '../context.ts';
import type { Pods } from '../pods.ts';
import { connectThrough } from './connect.ts';
import { serveLogs } from './logs.ts';
import { HttpProblem } from './problem.ts';
import { upgrade } from './upgrade.ts';

export interface ServerContext {
  readonly pods: Pods;
  readonly context: NodeContext;
}

/** The node's HTTP server on a Unix socket, with the kubelet's paths. */
export async function startNodeServer(socketPath: string, input: ServerContext): Promise<http.Server> {
  rmSync(socketPath, { force: true });
  const server = http.createServer((request, response) => void serve(request, response, input));
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket as never, head, input));
  server.on('connect', (request, socket, head) => void connectThrough(request, socket as never, head));
  server.on('clientError', (_, socket) => socket.destroy());
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => resolve());
  });
  return server;
}

async function serve(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  input: ServerContext,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://node');
    const [verb, ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent);
    if (verb === 'healthz') return void response.end('ok');
    if (verb === 'containers') return sendJson(response, listContainers(input));
    if (verb === 'containerLogs') return serveLogs(response, rest, url.searchParams, input);
    throw new HttpProblem(404, `the node has no ${url.pathname}`);
  } catch (error) {
    const code = error instanceof HttpProblem ? error.code : 500;
    if (!response.headersSent) response.writeHead(code, { 'content-type': 'text/plain' });
    response.end((error as Error).message);
  }
}

function sendJson(response: http.ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}

/** The running containers with their processes' ids as the node sees them. */
function listContainers({ pods }: ServerContext) {
  return pods.list().flatMap((worker) => {
    const { namespace, name } = worker.pod.metadata;
    const all = [...(worker.pod.spec.initContainers ?? []), ...worker.pod.spec.containers];
    return all.flatMap((container: any) => {
      const process = worker.run(container.name)?.process;
      return process?.running ? [{ namespace, pod: name, container: container.name, pid: process.pid }] : [];
    });
  });
}
