import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  url: URL,
) => void | Promise<void>;

/** Milliseconds that requests at work may still take after the process was asked to end. */
const drainMilliseconds = 800;

/** Milliseconds for which new requests are still taken then: the callers do not know yet that this process ends. */
const lingerMilliseconds = 400;

/**
 * Serves HTTP/1.1 on the port and logs a line a request. A failing handler answers 500. SIGTERM and SIGINT end the
 * process within 1.2 seconds.
 */
export function serve(port: number, name: string, handler: Handler): http.Server {
  const server = http.createServer((request, response) => {
    const url = parseTarget(request.url ?? '/');
    const started = performance.now();
    response.on('finish', () => {
      const took = (performance.now() - started).toFixed(1);
      console.log(`${request.method} ${request.url} ${response.statusCode} ${took}ms`);
    });
    Promise.resolve()
      .then(() => (url ? handler(request, response, url) : answerText(response, 400, 'bad request target\n')))
      .catch((error) => fail(response, error));
  });
  server.listen(port, () => console.log(`${name} listens on port ${(server.address() as AddressInfo).port}`));
  server.on('error', (error) => {
    console.error(`${name} cannot listen on port ${port}: ${error.message}`);
    process.exit(1);
  });
  exitOnSignals(server);
  return server;
}

function parseTarget(target: string): URL | undefined {
  return URL.parse(target.startsWith('/') ? `http://localhost${target}` : target) ?? undefined;
}

function fail(response: http.ServerResponse, error: unknown): void {
  console.error(error);
  if (response.headersSent) response.destroy();
  else answerText(response, 500, 'internal error\n');
}

function exitOnSignals(server: http.Server): void {
  const stop = () => {
    setTimeout(() => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    }, lingerMilliseconds);
    setTimeout(() => process.exit(0), lingerMilliseconds + drainMilliseconds);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

export function answerText(
  response: http.ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

export function answerJson(response: http.ServerResponse, status: number, value: unknown): void {
  answerText(response, status, JSON.stringify(value), 'application/json');
}

/** The whole body, up to a megabyte. */
export async function readAll(request: http.IncomingMessage, limit = 1 << 20): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) throw new Error(`the body is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The port in the first argument. */
export function portArgument(fallback: number): number {
  const port = Number(process.argv[2] ?? fallback);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(`usage: ${process.argv[1]} PORT`);
    process.exit(1);
  }
  return port;
}
