import {
  isNotFound,
  type KubeClient,
  type KubeObject,
  matchesSelector,
  type OwnerReference,
  type ResourceId,
} from '@lateen/kube';

/** The owner that controls the object, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

export function ownerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata.name!,
    uid: metadata.uid!,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Index function: the uid of the controlling owner, or `orphan:NAMESPACE`. */
export function controllerIndex(object: KubeObject): string[] {
  return [controllerOf(object)?.uid ?? `orphan:${object.metadata.namespace}`];
}

export interface Claim {
  readonly client: KubeClient;
  readonly id: ResourceId;
  readonly owner: KubeObject;
  /** Those the owner controls already. */
  readonly owned: readonly KubeObject[];
  /** Those of its namespace that nobody controls. */
  readonly orphans: readonly KubeObject[];
}

/**
 * The objects that belong to `owner`: those it controls and that its selector picks, after adopting orphans that the
 * selector picks and letting go those it no longer does.
 */
export async function claimObjects<T extends KubeObject>(claim: Claim): Promise<T[]> {
  const { owner, owned, orphans } = claim;
  const claimed: KubeObject[] = [];
  for (const object of owned) {
    if (matchesSelector(owner.spec.selector, object.metadata.labels)) claimed.push(object);
    else if (!owner.metadata.deletionTimestamp) await release(claim, object);
  }
  if (!owner.metadata.deletionTimestamp) {
    for (const object of orphans) {
      if (object.metadata.deletionTimestamp) continue;
      if (!matchesSelector(owner.spec.selector, object.metadata.labels)) continue;
      const adopted = await adopt(claim, object);
      if (adopted) claimed.push(adopted);
    }
  }
  return claimed as T[];
}

async function adopt({ client, id, owner }: Claim, object: KubeObject): Promise<KubeObject | undefined> {
  const { name, namespace, uid } = object.metadata;
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), ownerReference(owner)];
  return ignoreNotFound(client.patch(id, name!, namespace, 'merge', { metadata: { uid, ownerReferences } }));
}

async function release({ client, id, owner }: Claim, object: KubeObject): Promise<void> {
  const { name, namespace, uid } = object.metadata;
  const rest = (object.metadata.ownerReferences ?? []).filter(
    (reference) => reference.uid !== owner.metadata.uid,
  );
  await ignoreNotFound(
    client.patch(id, name!, namespace, 'merge', { metadata: { uid, ownerReferences: rest } }),
  );
}

/** Undefined in place of a NotFound error. */
export async function ignoreNotFound<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
