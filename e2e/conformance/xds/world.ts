import { readFileSync } from 'node:fs';
import { emptySnapshot, type Snapshot } from '@lateen/control-plane/translate';
import type { KubeObject } from '@lateen/kube/types';
import { parseAllDocuments } from 'yaml';

export function readObjects(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8'))
    .map((document) => document.toJS())
    .filter((object) => object?.kind);
}

const collections: Readonly<Record<string, keyof Snapshot>> = {
  Service: 'services',
  EndpointSlice: 'endpointSlices',
  Pod: 'pods',
  Node: 'nodes',
  Namespace: 'namespaces',
  Gateway: 'gateways',
  VirtualService: 'virtualServices',
  DestinationRule: 'destinationRules',
  ServiceEntry: 'serviceEntries',
  WorkloadEntry: 'workloadEntries',
  Sidecar: 'sidecars',
  PeerAuthentication: 'peerAuthentications',
};

/** The Service that every API server makes for itself; the recorded world leaves it out. */
const kubernetes: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default' },
  spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }] },
};

/** The objects as one snapshot; a later object takes the place of an earlier one of the same name. */
export function toSnapshot(objects: readonly KubeObject[]): Snapshot {
  const byKey = new Map<string, KubeObject>();
  for (const object of [kubernetes, ...objects]) {
    byKey.set(`${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
  }
  const snapshot: Record<string, any> = {};
  for (const key in emptySnapshot) snapshot[key] = [];
  for (const object of byKey.values()) {
    if (object.kind === 'ConfigMap' && object.metadata.name === 'istio') snapshot.meshConfig = object;
    const name = collections[object.kind];
    if (name && (object.kind !== 'Gateway' || object.apiVersion.startsWith('networking.istio.io/')))
      snapshot[name].push(object);
  }
  return snapshot as unknown as Snapshot;
}
