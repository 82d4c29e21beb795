import { type Informer, isAlreadyExists, type KubeClient, type KubeObject, resources } from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { templateHash } from '../common/names.ts';
import { ignoreNotFound, ownerReference } from '../common/owners.ts';

/** The versions of a DaemonSet's or StatefulSet's template that are kept, oldest first, and the one in force. */
export interface Revisions {
  readonly current: KubeObject;
  readonly all: readonly KubeObject[];
}

/** Makes the present template a ControllerRevision, or finds it, and gives it the highest number. */
export async function syncRevisions(
  client: KubeClient,
  informer: Informer,
  owner: KubeObject,
): Promise<Revisions> {
  const all = informer.store
    .byIndex('controller', owner.metadata.uid!)
    .toSorted((left, right) => left.revision - right.revision);
  const data = { spec: { template: { ...structuredClone(owner.spec.template), $patch: 'replace' } } };
  const newest = all.at(-1)?.revision ?? 0;
  const same = all.find((revision) => semanticEqual(revision.data, data));
  if (!same) {
    const created = await create(client, owner, data, newest + 1);
    return { current: created, all: [...all, created] };
  }
  if (same.revision === newest) return { current: same, all };
  const next: KubeObject = { ...same, revision: newest + 1 };
  const updated = await client.update(resources.controllerRevisions, next);
  return { current: updated, all: [...all.filter((revision) => revision !== same), updated] };
}

async function create(
  client: KubeClient,
  owner: KubeObject,
  data: object,
  revision: number,
): Promise<KubeObject> {
  const hash = templateHash(data);
  const { name, namespace, annotations = {} } = owner.metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...copied } = annotations;
  const draft: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...owner.spec.template.metadata?.labels, 'controller-revision-hash': hash },
      annotations: copied,
      ownerReferences: [ownerReference(owner)],
    },
    data,
    revision,
  };
  try {
    return await client.create(resources.controllerRevisions, draft);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return client.get(resources.controllerRevisions, draft.metadata.name!, namespace);
  }
}

/** Deletes the oldest revisions that no pod has any more, beyond those that are to be kept. */
export async function pruneRevisions(
  client: KubeClient,
  owner: KubeObject,
  { current, all }: Revisions,
  isInUse: (revision: KubeObject) => boolean,
): Promise<void> {
  const spare = all.filter((revision) => revision !== current && !isInUse(revision));
  const surplus = spare.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const { metadata } of spare.slice(0, Math.max(0, surplus))) {
    await ignoreNotFound(client.delete(resources.controllerRevisions, metadata.name!, metadata.namespace));
  }
}

export function hashOf(revision: KubeObject): string {
  return revision.metadata.labels?.['controller-revision-hash'] ?? '';
}
