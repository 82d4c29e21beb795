import { isAlreadyExists, isNotFound } from '@lateen/kube/error';
import type { KubeClient, KubeObject, ResourceId } from '@lateen/kube/types';

const core = (resource: string): ResourceId => ({ group: '', version: 'v1', resource });
const scheduling: ResourceId = { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' };
const slices: ResourceId = { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' };

const cidrs: ResourceId = { group: 'networking.k8s.io', version: 'v1', resource: 'servicecidrs' };

export interface BootstrapOptions {
  readonly serviceCidr: string;
  /** The first address of the service range. */
  readonly serviceAddress: string;
  /** Where the API server listens. */
  readonly address: string;
  readonly port: number;
}

/** Makes the objects that every Kubernetes has from the start. */
export async function bootstrapObjects(client: KubeClient, options: BootstrapOptions): Promise<void> {
  const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
  await Promise.all(
    namespaces.map((name) =>
      ensure(client, core('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    ),
  );
  const classes = [
    {
      name: 'system-cluster-critical',
      value: 2_000_000_000,
      description:
        'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    },
    {
      name: 'system-node-critical',
      value: 2_000_001_000,
      description: 'Used for system critical pods that must not be moved from their current node.',
    },
  ];
  await Promise.all([
    ...classes.map(({ name, value, description }) =>
      ensure(client, scheduling, {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        value,
        description,
      }),
    ),
    ensure(client, cidrs, serviceCidr(options.serviceCidr)),
    kubernetesService(client, options),
  ]);
}

/** The service range as an object. */
function serviceCidr(cidr: string): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [cidr] },
  };
}

async function ensure(client: KubeClient, id: ResourceId, object: KubeObject): Promise<void> {
  const { name = '', namespace } = object.metadata;
  try {
    await client.get(id, name, namespace);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(id, object).catch((failure) => {
      if (!isAlreadyExists(failure)) throw failure;
    });
  }
}

/** `kubernetes.default`, through which pods reach the API server. */
async function kubernetesService(client: KubeClient, options: BootstrapOptions): Promise<void> {
  const metadata = {
    name: 'kubernetes',
    namespace: 'default',
    labels: { component: 'apiserver', provider: 'kubernetes' },
  };
  await ensure(client, core('services'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      type: 'ClusterIP',
      clusterIP: options.serviceAddress,
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: options.port }],
      sessionAffinity: 'None',
    },
  });
  const mirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  await replace(client, core('endpoints'), {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'kubernetes', namespace: 'default', labels: mirror },
    subsets: [
      {
        addresses: [{ ip: options.address }],
        ports: [{ name: 'https', port: options.port, protocol: 'TCP' }],
      },
    ],
  });
  await replace(client, slices, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [options.address], conditions: { ready: true } }],
    ports: [{ name: 'https', port: options.port, protocol: 'TCP' }],
  });
}

async function replace(client: KubeClient, id: ResourceId, object: KubeObject): Promise<void> {
  await ensure(client, id, object);
  const { name = '', namespace } = object.metadata;
  const live = await client.get(id, name, namespace);
  const resourceVersion = live.metadata.resourceVersion!;
  await client.update(id, { ...live, ...object, metadata: { ...live.metadata, resourceVersion } });
}
