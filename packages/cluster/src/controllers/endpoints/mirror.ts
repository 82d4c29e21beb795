import type { KubeObject } from '@lateen/kube';
import { managedByLabel, mirrorManager, serviceNameLabel } from './labels.ts';

/** The slices that repeat Endpoints which somebody wrote by hand for a Service without selector. */
export function mirroredSlices(endpoints: KubeObject): KubeObject[] {
  const slices: KubeObject[] = [];
  for (const subset of endpoints.subsets ?? []) {
    for (const addressType of ['IPv4', 'IPv6']) {
      const wanted = ({ ip }: { ip: string }) => ip.includes(':') === (addressType === 'IPv6');
      const ready = (subset.addresses ?? []).filter(wanted).map((address: any) => mirrored(address, true));
      const notReady = (subset.notReadyAddresses ?? [])
        .filter(wanted)
        .map((address: any) => mirrored(address, false));
      if (ready.length + notReady.length > 0)
        slices.push(slice(endpoints, addressType, subset, [...ready, ...notReady]));
    }
  }
  return slices;
}

function mirrored({ ip, hostname, nodeName, targetRef }: any, ready: boolean): any {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  };
}

function slice(owner: KubeObject, addressType: string, subset: any, endpoints: any[]): KubeObject {
  const { name, namespace, uid, labels } = owner.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [managedByLabel]: mirrorManager, [serviceNameLabel]: name! },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Endpoints',
          name: name!,
          uid: uid!,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType,
    endpoints,
    ports: (subset.ports ?? []).map((port: any) => ({
      ...port,
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
    })),
  };
}

/** Whether these Endpoints are to be repeated in slices. */
export function isMirrored(endpoints: KubeObject): boolean {
  const { labels, annotations } = endpoints.metadata;
  if (labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true') return false;
  return annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined;
}
