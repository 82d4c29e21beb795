import { isAlreadyExists, type KubeObject, objectKey, resources } from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { Expectations } from '../common/expectations.ts';
import { claimObjects, controllerIndex, controllerOf, ignoreNotFound } from '../common/owners.ts';
import { isPodActive, isPodAvailable, isPodFinished, isPodReady } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { pruneRevisions, type Revisions, syncRevisions } from '../revision/revisions.ts';
import { ordinalOf, revisionLabel, statefulClaims, statefulPod } from './identity.ts';

/** Keeps the numbered pods of StatefulSets, in order. */
export function startStatefulSets(context: ControllerContext): Controller {
  const { client, informers, clock } = context;
  const sets = informers.get(resources.statefulSets);
  const pods = informers.get(resources.pods);
  const revisions = informers.get(resources.controllerRevisions);
  const events = recorderFor(context, 'statefulset-controller');
  const expectations = new Expectations(pods);
  pods.addIndex('controller', controllerIndex);
  revisions.addIndex('controller', controllerIndex);

  const reconciler = reconcilerFor(context, {
    name: 'statefulset',
    async reconcile(key) {
      const set = sets.store.getByKey(key);
      if (!set) return expectations.forget(key);
      if (set.metadata.deletionTimestamp || !expectations.fulfilled(key)) return;
      const owned = await claimObjects<KubeObject>({
        client,
        id: resources.pods,
        owner: set,
        owned: pods.store.byIndex('controller', set.metadata.uid!),
        orphans: pods.store.byIndex('controller', `orphan:${set.metadata.namespace}`).filter(isPodActive),
      });
      const known = await syncRevisions(client, revisions, set);
      await step(key, set, owned, known);
      await writeStatus(set, owned, known);
      const used = new Set(owned.map((pod) => pod.metadata.labels?.[revisionLabel]));
      await pruneRevisions(client, set, known, ({ metadata }) => used.has(metadata.name!));
    },
  });

  /** One change towards what is wanted, or all at once when pods are managed in parallel. */
  const step = async (
    key: string,
    set: KubeObject,
    owned: readonly KubeObject[],
    known: Revisions,
  ): Promise<void> => {
    const inOrder = (set.spec.podManagementPolicy ?? 'OrderedReady') === 'OrderedReady';
    const first = set.spec.ordinals?.start ?? 0;
    const end = first + (set.spec.replicas ?? 1);
    const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod), pod]));
    for (let ordinal = first; ordinal < end; ordinal++) {
      const pod = byOrdinal.get(ordinal);
      if (!pod) await create(key, set, ordinal, revisionFor(set, ordinal, known));
      else if (isPodFinished(pod) && !pod.metadata.deletionTimestamp) await remove(key, set, pod);
      if (inOrder && !(pod && isHealthy(pod))) return;
    }
    const surplus = owned
      .filter((pod) => ordinalOf(set, pod) >= end || ordinalOf(set, pod) < first)
      .sort((left, right) => ordinalOf(set, right) - ordinalOf(set, left));
    for (const pod of surplus) {
      if (!pod.metadata.deletionTimestamp) await remove(key, set, pod);
      if (inOrder) return;
    }
    if (set.spec.updateStrategy?.type !== 'OnDelete') await update(key, set, byOrdinal, end, known);
  };

  /** Replaces the last pod of an old revision once all behind it are well. */
  const update = async (
    key: string,
    set: KubeObject,
    byOrdinal: ReadonlyMap<number, KubeObject>,
    end: number,
    known: Revisions,
  ): Promise<void> => {
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = end - 1; ordinal >= partition; ordinal--) {
      const pod = byOrdinal.get(ordinal);
      if (!pod || pod.metadata.deletionTimestamp) return;
      if (pod.metadata.labels?.[revisionLabel] !== known.current.metadata.name) return remove(key, set, pod);
      if (!isHealthy(pod)) return;
    }
  };

  /** Pods below the partition keep the template that the set had before. */
  const revisionFor = (set: KubeObject, ordinal: number, known: Revisions): KubeObject => {
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const before = known.all.find(({ metadata }) => metadata.name === set.status?.currentRevision);
    return ordinal < partition && before ? before : known.current;
  };

  const create = async (
    key: string,
    set: KubeObject,
    ordinal: number,
    revision: KubeObject,
  ): Promise<void> => {
    for (const claim of statefulClaims(set, ordinal)) await ensureClaim(claim);
    const draft = statefulPod(set, ordinal, revision);
    const { name } = draft.metadata;
    try {
      expectations.created(key, await client.create(resources.pods, draft));
      const text = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
      events.event(set, 'Normal', 'SuccessfulCreate', text);
    } catch (error) {
      if (isAlreadyExists(error)) return;
      const text = `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`;
      events.event(set, 'Warning', 'FailedCreate', text);
      throw error;
    }
  };

  const ensureClaim = async (claim: KubeObject): Promise<void> => {
    await client.create(resources.persistentVolumeClaims, claim).catch((error) => {
      if (!isAlreadyExists(error)) throw error;
    });
  };

  const remove = async (key: string, set: KubeObject, pod: KubeObject): Promise<void> => {
    const { name, namespace } = pod.metadata;
    await ignoreNotFound(client.delete(resources.pods, name!, namespace));
    expectations.deleted(key, pod);
    const text = `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`;
    events.event(set, 'Normal', 'SuccessfulDelete', text);
  };

  const writeStatus = async (
    set: KubeObject,
    owned: readonly KubeObject[],
    known: Revisions,
  ): Promise<void> => {
    const alive = owned.filter(isPodActive);
    const update = known.current.metadata.name!;
    const replicas = set.spec.replicas ?? 1;
    const ofRevision = (name: string) =>
      alive.filter((pod) => pod.metadata.labels?.[revisionLabel] === name).length;
    const done = ofRevision(update) === replicas && alive.length === replicas && alive.every(isHealthy);
    const currentRevision = done ? update : (set.status?.currentRevision ?? update);
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const status = {
      ...set.status,
      observedGeneration: set.metadata.generation,
      replicas: alive.length,
      readyReplicas: alive.filter(isPodReady).length || undefined,
      currentReplicas: ofRevision(currentRevision) || undefined,
      updatedReplicas: ofRevision(update) || undefined,
      currentRevision,
      updateRevision: update,
      collisionCount: set.status?.collisionCount ?? 0,
      availableReplicas: alive.filter((pod) => isPodAvailable(pod, minReadySeconds, clock.now())).length,
    };
    if (semanticEqual(status, set.status)) return;
    await client.update(resources.statefulSets, { ...set, status }, { subresource: 'status' });
  };

  const enqueue = (set: KubeObject) => reconciler.add(objectKey(set));
  const enqueueOwner = (object: KubeObject) => {
    const owner = controllerOf(object);
    if (owner?.kind === 'StatefulSet') reconciler.add(`${object.metadata.namespace}/${owner.name}`);
  };
  sets.on({ add: enqueue, update: enqueue, delete: enqueue });
  pods.on({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  return reconciler;
}

function isHealthy(pod: KubeObject): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod) && !pod.metadata.deletionTimestamp;
}
