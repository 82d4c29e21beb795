import type { KubeObject, ObjectMeta } from '@lateen/kube/types';

const order: readonly (keyof ObjectMeta)[] = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/** The object as it is stored: with its version, its fields in the order in which Kubernetes encodes them. */
export function canonical(object: KubeObject, resourceVersion: string): KubeObject {
  const given: Record<string, unknown> = { ...object.metadata, resourceVersion };
  const metadata: Record<string, unknown> = {};
  for (const field of order) if (given[field] !== undefined) metadata[field] = given[field];
  const { kind, apiVersion, metadata: _, ...rest } = object;
  return { kind, apiVersion, metadata, ...rest } as KubeObject;
}
