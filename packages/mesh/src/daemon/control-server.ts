import { rmSync } from 'node:fs';
import http from 'node:http';

/** Answers `lateen status` and `lateen down` on the cluster's own Unix socket. */
export function startControlServer(
  socketPath: string,
  handlers: { readonly status: () => Promise<unknown>; readonly stop: () => void },
): Promise<http.Server> {
  rmSync(socketPath, { force: true });
  const server = http.createServer(async (request, response) => {
    try {
      if (request.method === 'GET' && request.url === '/status') {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(await handlers.status()));
      } else if (request.method === 'POST' && request.url === '/stop') {
        response.end('stopping', () => handlers.stop());
      } else {
        response.writeHead(404).end('not found');
      }
    } catch (error) {
      response.writeHead(500).end((error as Error).message);
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => resolve(server));
  });
}
