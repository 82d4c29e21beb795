import { type ResourceId, resources } from '@lateen/kube';
import type { KubeObject } from '@lateen/kube/types';
import type { Snapshot } from '../translate.ts';

export type CollectionName = Exclude<keyof Snapshot, 'meshConfig'> | 'meshConfigs';

export interface CoreKind {
  readonly name: CollectionName;
  readonly resource: ResourceId;
  /** Keeps what the later stages read: fewer bytes, and no news where nothing of interest changed. */
  readonly slim?: (object: KubeObject) => KubeObject;
}

/** Resources that every Kubernetes serves. */
export const coreKinds: readonly CoreKind[] = [
  { name: 'services', resource: resources.services, slim: slimService },
  { name: 'endpointSlices', resource: resources.endpointSlices },
  { name: 'pods', resource: resources.pods, slim: slimPod },
  { name: 'nodes', resource: resources.nodes, slim: slimNode },
  { name: 'namespaces', resource: resources.namespaces },
];

export interface CustomKind {
  readonly name: CollectionName;
  readonly group: string;
  readonly resource: string;
}

const networking = (name: CollectionName, resource: string): CustomKind => ({
  name,
  group: 'networking.istio.io',
  resource,
});

/** Resources that are there once their definition is; any served version will do. */
export const customKinds: readonly CustomKind[] = [
  networking('gateways', 'gateways'),
  networking('virtualServices', 'virtualservices'),
  networking('destinationRules', 'destinationrules'),
  networking('serviceEntries', 'serviceentries'),
  networking('workloadEntries', 'workloadentries'),
  networking('sidecars', 'sidecars'),
  { name: 'peerAuthentications', group: 'security.istio.io', resource: 'peerauthentications' },
];

const slimMetadata = (object: KubeObject): KubeObject['metadata'] => ({
  ...object.metadata,
  managedFields: undefined,
});

function slimService(object: KubeObject): KubeObject {
  return { ...object, metadata: slimMetadata(object) };
}

function slimPod(object: KubeObject): KubeObject {
  const { phase, podIP, podIPs, hostIP, conditions } = object.status ?? {};
  const ready = (conditions ?? []).filter((condition: any) => condition.type === 'Ready');
  const status = {
    phase,
    podIP,
    podIPs,
    hostIP,
    conditions: ready.map(({ type, status: value }: any) => ({ type, status: value })),
  };
  return { ...object, metadata: slimMetadata(object), status };
}

function slimNode(object: KubeObject): KubeObject {
  return { ...object, metadata: slimMetadata(object), status: { addresses: object.status?.addresses } };
}

/** The newest of the versions that a definition serves: v1 before v1beta1 before v1alpha3. */
export function newestServed(definition: KubeObject): string | undefined {
  const served: string[] = (definition.spec?.versions ?? [])
    .filter((version: any) => version.served)
    .map((version: any) => version.name);
  return served.sort((a, b) => rank(b) - rank(a))[0];
}

function rank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return 0;
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return stability * 1e6 + Number(match[1]) * 1e3 + Number(match[3] ?? 0);
}
