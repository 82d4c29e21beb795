import type { KubeObject } from '@lateen/kube/types';
import type { Resolution, Service, ServicePort } from '../ir/service.ts';
import { exportToOf, seconds } from './metadata.ts';
import { protocolOf } from './protocol.ts';

/** A Kubernetes Service as the mesh sees it. */
export function fromKubernetesService(object: KubeObject, domainSuffix: string): Service {
  const { name = '', namespace = '', labels = {}, annotations = {} } = object.metadata;
  const spec = object.spec ?? {};
  return {
    host: `${name}.${namespace}.svc.${domainSuffix}`,
    name,
    namespace,
    addresses: clusterAddresses(spec),
    ports: (spec.ports ?? []).map(toPort),
    resolution: resolutionOf(spec),
    external: false,
    kubernetes: true,
    labels,
    selector: spec.selector,
    exportTo: exportToOf(annotations),
    created: seconds(object.metadata.creationTimestamp),
    aliasOf: spec.type === 'ExternalName' ? spec.externalName : undefined,
    trafficDistribution: distributionOf(spec.trafficDistribution),
    origin: { kind: 'Service', namespace, name, path: '' },
  };
}

function resolutionOf(spec: any): Resolution {
  if (spec.type === 'ExternalName') return 'alias';
  return spec.clusterIP === 'None' ? 'headless' : 'endpoints';
}

function clusterAddresses(spec: any): string[] {
  const all: string[] = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP];
  return all.filter((address) => address && address !== 'None');
}

function distributionOf(value: unknown): Service['trafficDistribution'] {
  if (value === 'PreferClose' || value === 'PreferSameZone') return 'PreferSameZone';
  return value === 'PreferSameNode' ? 'PreferSameNode' : undefined;
}

function toPort(port: any, index: number): ServicePort {
  return {
    path: `spec.ports[${index}]`,
    name: port.name ?? '',
    number: port.port,
    protocol: protocolOf(port),
    targetPort: port.targetPort ?? undefined,
  };
}
