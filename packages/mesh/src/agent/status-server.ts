import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { fetchLocal } from './admin.ts';
import { type AppProbe, runAppProbe } from './app-probes.ts';
import { createServer } from './http.ts';

/** Where the application's own metrics are. */
export interface AppMetrics {
  readonly port: number;
  readonly path: string;
}

export interface StatusSources {
  ready(): Promise<boolean>;
  readonly probes: Readonly<Record<string, AppProbe>>;
  readonly appAddress: string;
  readonly appMetrics: AppMetrics | undefined;
  readonly adminPort: number;
  quit(): void;
  drain(): Promise<void>;
}

/** ISTIO_PROMETHEUS_ANNOTATIONS: what the pod said of its metrics before the sidecar took the annotations over. */
export function readAppMetrics(json: string | undefined): AppMetrics | undefined {
  if (!json) return undefined;
  try {
    const { scrape, path, port } = JSON.parse(json);
    if (scrape !== 'true' && scrape !== true) return undefined;
    return { port: Number(port) || 80, path: path || '/metrics' };
  } catch {
    return undefined;
  }
}

async function metricsOf(sources: StatusSources): Promise<string> {
  const { adminPort, appMetrics, appAddress } = sources;
  const proxy = fetchLocal(adminPort, '/stats/prometheus').then(({ body }) => body.toString());
  const application = appMetrics
    ? fetchLocal(appMetrics.port, appMetrics.path, { host: appAddress }).then(({ status, body }) =>
        status === 200 ? body.toString() : '',
      )
    : Promise.resolve('');
  const parts = await Promise.all([proxy.catch(() => ''), application.catch(() => '')]);
  return parts.filter((part) => part !== '').join('\n');
}

function isLocal(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? '';
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

async function answer(
  sources: StatusSources,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]!;
  if (path === '/healthz/ready') response.writeHead((await sources.ready()) ? 200 : 503).end();
  else if (path.startsWith('/app-health/')) {
    const probe = sources.probes[path];
    response.writeHead(probe ? await runAppProbe(probe, sources.appAddress) : 404).end();
  } else if (path === '/stats/prometheus') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(await metricsOf(sources));
  } else if (path === '/quitquitquit' || path === '/drain') {
    if (request.method !== 'POST' && path === '/quitquitquit') response.writeHead(405).end();
    else if (!isLocal(request) && path === '/quitquitquit') response.writeHead(403).end();
    else {
      response.writeHead(200).end('OK');
      if (path === '/drain') await sources.drain();
      else sources.quit();
    }
  } else response.writeHead(404).end();
}

/** The agent's own port: readiness, the application's probes, merged metrics. */
export function startStatusServer(port: number, sources: StatusSources): Promise<Server> {
  const server = createServer((request, response) => {
    answer(sources, request, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`cannot listen on port ${port}: ${error.message}`)));
    server.listen(port, '0.0.0.0', () => resolve(server));
  });
}
