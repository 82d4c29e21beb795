import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatProblem } from '@lateen/kit';
import type { AdsConnection } from '@lateen/xds/ads/server';
import { typeUrls } from '@lateen/xds/type-urls';
import type { Distributor } from '../push/distributor.ts';
import type { Snapshot } from '../translate.ts';
import type { Metrics } from './metrics.ts';

export interface DebugSources {
  ready(): boolean;
  readonly clusterId: string;
  readonly distributor: Distributor;
  readonly metrics: Metrics;
  snapshot(): Snapshot;
}

/** `reviews-v1-abc.default`, the name that istioctl shows. */
export function proxyName(connection: AdsConnection): string {
  return connection.node.id?.split('~')[2] ?? '';
}

const syncTypes = {
  cluster: typeUrls.cluster,
  listener: typeUrls.listener,
  route: typeUrls.route,
  endpoint: typeUrls.endpoint,
};

function syncOf(connection: AdsConnection, clusterId: string): object {
  const metadata = (connection.node.metadata ?? {}) as Record<string, string>;
  const status: Record<string, unknown> = {
    cluster_id: metadata.CLUSTER_ID ?? clusterId,
    proxy: proxyName(connection),
    proxy_type: connection.node.id?.split('~')[0],
    proxy_version: metadata.ISTIO_VERSION,
    istio_version: metadata.ISTIO_VERSION,
  };
  const types = new Map(connection.session.status().map((type) => [type.typeUrl, type]));
  for (const [name, typeUrl] of Object.entries(syncTypes)) {
    const type = types.get(typeUrl);
    if (!type?.nonce && !type?.held) continue;
    // A proxy that came back with everything has been sent nothing since.
    status[`${name}_sent`] = type.nonce || 'held';
    status[`${name}_acked`] = type.nonce ? type.ackedNonce : 'held';
    if (type.nack) status[`${name}_rejected`] = type.nack;
  }
  return status;
}

function configDump(connection: AdsConnection): object {
  const { session } = connection;
  const of = (typeUrl: string) => session.sent(typeUrl);
  const prefix = 'type.googleapis.com/envoy.admin.v3.';
  return {
    configs: [
      {
        '@type': `${prefix}ClustersConfigDump`,
        dynamicActiveClusters: of(typeUrls.cluster).map((cluster) => ({ cluster })),
      },
      {
        '@type': `${prefix}ListenersConfigDump`,
        dynamicListeners: of(typeUrls.listener).map((listener) => ({
          name: listener.name,
          activeState: { listener },
        })),
      },
      {
        '@type': `${prefix}RoutesConfigDump`,
        dynamicRouteConfigs: of(typeUrls.route).map((routeConfig) => ({ routeConfig })),
      },
      {
        '@type': `${prefix}EndpointsConfigDump`,
        dynamicEndpointConfigs: of(typeUrls.endpoint).map((endpointConfig) => ({ endpointConfig })),
      },
    ],
  };
}

type Page = (sources: DebugSources, query: URLSearchParams) => unknown;

const pages: Readonly<Record<string, Page>> = {
  '/debug/syncz': ({ distributor, clusterId }) =>
    distributor.clients().map(({ connection }) => syncOf(connection, clusterId)),
  '/debug/config_dump': ({ distributor }, query) => {
    const id = query.get('proxyID') ?? '';
    const client = distributor
      .clients()
      .find(({ connection }) => proxyName(connection) === id || connection.node.id === id);
    return client ? configDump(client.connection) : undefined;
  },
  '/debug/connections': ({ distributor }) => ({
    totalClients: distributor.clients().length,
    clients: distributor.clients().map(({ connection }) => ({
      connectionId: `${proxyName(connection)}-${connection.id}`,
      connectedAt: new Date(connection.connectedAt).toISOString(),
      address: connection.peer,
      metadata: connection.node.metadata,
    })),
  }),
  '/debug/registryz': ({ snapshot }) => snapshot().services,
  '/debug/endpointz': ({ snapshot }) => snapshot().endpointSlices,
  '/debug/instancesz': ({ snapshot }) => snapshot().pods,
  '/debug/configz': ({ snapshot }) => {
    const { gateways, virtualServices, destinationRules, serviceEntries, workloadEntries, sidecars } =
      snapshot();
    return [gateways, virtualServices, destinationRules, serviceEntries, workloadEntries, sidecars].flat();
  },
  '/debug/mesh': ({ snapshot }) => snapshot().meshConfig?.data ?? {},
  '/debug/problemz': ({ distributor }) =>
    (distributor.model?.problems ?? []).map((problem) => ({ ...problem, text: formatProblem(problem) })),
};

/** The pages that people and istioctl read, on the HTTP port and on the monitoring port. */
export function handleDebug(sources: DebugSources, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://istiod');
  if (url.pathname === '/ready' || url.pathname === '/healthz/ready') {
    response.writeHead(sources.ready() ? 200 : 503).end();
    return;
  }
  if (url.pathname === '/metrics') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(sources.metrics.text());
    return;
  }
  if (url.pathname === '/version') {
    sendJson(response, 200, { version: '0.1.0', golang_version: '', build_status: 'Lateen' });
    return;
  }
  if (url.pathname === '/debug' || url.pathname === '/') {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`${Object.keys(pages).join('\n')}\n`);
    return;
  }
  const page = pages[url.pathname]?.(sources, url.searchParams);
  if (page === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
  else sendJson(response, 200, page);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(`${JSON.stringify(value, null, 2)}\n`);
}
