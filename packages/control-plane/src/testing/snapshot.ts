import type { KubeObject } from '@lateen/kube/types';
import { emptySnapshot, type Snapshot } from '../translate.ts';

const collections: Readonly<Record<string, keyof Snapshot>> = {
  Service: 'services',
  EndpointSlice: 'endpointSlices',
  Pod: 'pods',
  Node: 'nodes',
  Gateway: 'gateways',
  VirtualService: 'virtualServices',
  DestinationRule: 'destinationRules',
  ServiceEntry: 'serviceEntries',
  WorkloadEntry: 'workloadEntries',
  Sidecar: 'sidecars',
};

/** Objects as the inputs of the pure stages. */
export function snapshotOf(objects: readonly KubeObject[]): Snapshot {
  const snapshot: Record<string, any> = { ...emptySnapshot };
  for (const object of objects) {
    if (object.kind === 'ConfigMap') snapshot.meshConfig = object;
    const name = collections[object.kind];
    if (name) snapshot[name] = [...snapshot[name], object];
  }
  return snapshot as unknown as Snapshot;
}

/** A small mesh: `reviews` with two versions, `tcp-echo`, a gateway, and a client. */
export function smallMesh(): KubeObject[] {
  return [
    service('reviews', '10.96.0.13', [{ name: 'http', port: 9080 }]),
    service('tcp-echo', '10.96.0.17', [{ name: 'tcp', port: 9000 }]),
    {
      ...service('istio-ingressgateway', '10.96.0.30', [
        { name: 'http2', port: 80, targetPort: 8080 },
        { name: 'tcp', port: 31400 },
      ]),
      metadata: { name: 'istio-ingressgateway', namespace: 'istio-system' },
    },
    pod('reviews-v1', '10.244.0.13', { app: 'reviews', version: 'v1' }),
    pod('reviews-v2', '10.244.0.14', { app: 'reviews', version: 'v2' }),
    pod('tcp-echo-v1', '10.244.0.17', { app: 'tcp-echo', version: 'v1' }),
    {
      ...pod('istio-ingressgateway', '10.244.0.30', { app: 'istio-ingressgateway' }),
      metadata: {
        name: 'istio-ingressgateway',
        namespace: 'istio-system',
        labels: { app: 'istio-ingressgateway' },
      },
    },
    slice('reviews', ['10.244.0.13', '10.244.0.14'], { name: 'http', port: 9080 }),
    slice('tcp-echo', ['10.244.0.17'], { name: 'tcp', port: 9000 }),
  ];
}

export function service(name: string, clusterIP: string, ports: any[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { clusterIP, ports, selector: { app: name } },
  };
}

export function pod(name: string, podIP: string, labels: Record<string, string>): KubeObject {
  const status = { phase: 'Running', podIP, conditions: [{ type: 'Ready', status: 'True' }] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: { serviceAccountName: name },
    status,
  };
}

export function slice(name: string, addresses: string[], port: { name: string; port: number }): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [port],
  };
}

export function istio(kind: string, name: string, spec: unknown): KubeObject {
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace: 'default' }, spec };
}
