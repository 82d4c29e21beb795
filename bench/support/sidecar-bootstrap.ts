import {
  createTranslator,
  emptySnapshot,
  parseNode,
  type XdsResource,
} from '@lateen/control-plane/translate';
import type { KubeObject } from '@lateen/kube';

/** Addresses of the bench's world; local in the namespace in which it runs. */
export const world = {
  client: '10.244.0.5',
  backend: '10.244.0.9',
  httpService: '10.96.0.9',
  httpPort: 9080,
  httpTarget: 9081,
  tcpService: '10.96.0.10',
  tcpPort: 9000,
  tcpTarget: 9001,
  admin: 15000,
} as const;

const namespace = 'default';

function service(
  name: string,
  clusterIP: string,
  port: number,
  targetPort: number,
  portName: string,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      selector: { app: name },
      ports: [{ name: portName, port, targetPort, protocol: 'TCP' }],
    },
  };
}

function slice(name: string, port: number, portName: string): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [world.backend], conditions: { ready: true } }],
    ports: [{ name: portName, port, protocol: 'TCP' }],
  };
}

const meshConfig: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'istio', namespace: 'istio-system' },
  data: { mesh: 'enableAutoMtls: false\n' },
};

/**
 * What the control plane sends to the sidecar of a client of two services, one HTTP and one TCP, as a static bootstrap that
 * Envoy and our proxy read alike. The messages are the control plane's; only the discovery sources are replaced.
 */
export function sidecarBootstrap(): unknown {
  const translator = createTranslator();
  const node = parseNode({
    id: `sidecar~${world.client}~client.default~default.svc.cluster.local`,
    metadata: {
      INTERCEPTION_MODE: 'NONE',
      NAMESPACE: namespace,
      INSTANCE_IPS: world.client,
      CLUSTER_ID: 'Kubernetes',
    },
  }).value!;
  const model = translator.model({
    ...emptySnapshot,
    meshConfig,
    services: [
      service('reviews', world.httpService, world.httpPort, world.httpTarget, 'http'),
      service('echo', world.tcpService, world.tcpPort, world.tcpTarget, 'tcp'),
    ],
    endpointSlices: [slice('reviews', world.httpTarget, 'http'), slice('echo', world.tcpTarget, 'tcp')],
  });
  const routes = new Map(translator.routes(model, node).map((route) => [route.name, route]));
  const endpoints = new Map(translator.endpoints(model, node).map((entry) => [entry.clusterName, entry]));
  return {
    node: { id: 'bench', cluster: 'bench' },
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: world.admin } } },
    staticResources: {
      listeners: translator.listeners(model, node).map((listener) => withInlineRoutes(listener, routes)),
      clusters: translator.clusters(model, node).map((cluster) => withInlineEndpoints(cluster, endpoints)),
    },
  };
}

function withInlineRoutes(value: any, routes: ReadonlyMap<string, XdsResource>): any {
  if (Array.isArray(value)) return value.map((item) => withInlineRoutes(item, routes));
  if (value === null || typeof value !== 'object') return value;
  const { rds, ...rest } = value;
  const copy = Object.fromEntries(
    Object.entries(rest).map(([key, field]) => [key, withInlineRoutes(field, routes)]),
  );
  if (rds) copy.routeConfig = withoutType(routes.get(rds.routeConfigName)!);
  // The top of a static resource is no Any.
  return 'filterChains' in value ? withoutType(copy as XdsResource) : copy;
}

function withInlineEndpoints(cluster: XdsResource, endpoints: ReadonlyMap<string, XdsResource>): unknown {
  const { '@type': _type, edsClusterConfig, ...rest } = cluster;
  if (!edsClusterConfig) return rest;
  const assignment = endpoints.get(edsClusterConfig.serviceName ?? cluster.name)!;
  return { ...rest, type: 'STATIC', loadAssignment: withoutType(assignment) };
}

function withoutType({ '@type': _type, ...rest }: XdsResource): Record<string, unknown> {
  return rest;
}
