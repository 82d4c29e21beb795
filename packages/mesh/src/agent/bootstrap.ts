import { isIP } from 'node:net';
import type { Bootstrap, Cluster, Listener } from '@lateen/xds/types';
import type { AgentNode } from './node.ts';
import type { AgentOptions } from './options.ts';

export const prometheusPort = 15090;
export const readinessPort = 15021;

const extensions = 'type.googleapis.com/envoy.extensions';
const ads = (timeout: string) => ({
  ads: {},
  initialFetchTimeout: timeout,
  resourceApiVersion: 'V3' as const,
});

function address(host: string, port: number) {
  return { socketAddress: { address: host, portValue: port } };
}

function endpointOf(name: string, host: string, port: number) {
  return {
    clusterName: name,
    endpoints: [{ lbEndpoints: [{ endpoint: { address: address(host, port) } }] }],
  };
}

function local(name: string, port: number): Cluster {
  return {
    name,
    type: 'STATIC',
    connectTimeout: '0.250s',
    loadAssignment: endpointOf(name, '127.0.0.1', port),
  };
}

function controlPlane(discoveryAddress: string): Cluster {
  const at = discoveryAddress.lastIndexOf(':');
  const [host, port] = [discoveryAddress.slice(0, at), Number(discoveryAddress.slice(at + 1))];
  const name = 'xds-grpc';
  return {
    name,
    type: isIP(host) ? 'STATIC' : 'STRICT_DNS',
    ...(!isIP(host) && { dnsLookupFamily: 'V4_ONLY', respectDnsTtl: true, dnsRefreshRate: '60s' }),
    connectTimeout: '1s',
    loadAssignment: endpointOf(name, host, port),
    upstreamConnectionOptions: { tcpKeepalive: { keepaliveTime: 300 } },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': `${extensions}.upstreams.http.v3.HttpProtocolOptions`,
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
  };
}

/** A listener that passes one path to a local cluster, and nothing else. */
function onePath(name: string, port: number, path: string, cluster: string): Listener {
  return {
    name,
    address: address('0.0.0.0', port),
    filterChains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typedConfig: {
              '@type': `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              statPrefix: name,
              codecType: 'AUTO',
              routeConfig: {
                name,
                virtualHosts: [
                  { name: 'backend', domains: ['*'], routes: [{ match: { path }, route: { cluster } }] },
                ],
              },
              httpFilters: [
                {
                  name: 'envoy.filters.http.router',
                  typedConfig: { '@type': `${extensions}.filters.http.router.v3.Router` },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

/** The bootstrap of a sidecar or gateway: everything else comes from the control plane. */
export function createBootstrap(options: AgentOptions, node: AgentNode): Bootstrap {
  return {
    node: { id: node.id, cluster: node.cluster, metadata: JSON.parse(JSON.stringify(node.metadata)) },
    admin: { address: address('127.0.0.1', options.adminPort) },
    dynamicResources: {
      ldsConfig: ads('0s'),
      cdsConfig: ads('0s'),
      adsConfig: {
        apiType: 'DELTA_GRPC',
        setNodeOnFirstMessageOnly: true,
        transportApiVersion: 'V3',
        grpcServices: [{ envoyGrpc: { clusterName: 'xds-grpc' } }],
      },
    },
    staticResources: {
      clusters: [
        local('prometheus_stats', options.adminPort),
        local('agent', options.statusPort),
        controlPlane(options.discoveryAddress),
      ],
      listeners: [
        onePath('prometheus', prometheusPort, '/stats/prometheus', 'prometheus_stats'),
        onePath('readiness', readinessPort, '/healthz/ready', 'agent'),
      ],
    },
  };
}
