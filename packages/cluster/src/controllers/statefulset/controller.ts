import type { Clock } from '@lateen/kit';
import {
  type EventRecorder,
  type Informer,
  isAlreadyExists,
  type KubeClient,
  type KubeObject,
  objectKey,
  resources,
} from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { Expectations } from '../common/expectations.ts';
import { claimObjects, controllerIndex, controllerOf, ignoreNotFound } from '../common/owners.ts';
import { isPodActive, isPodAvailable, isPodFinished, isPodReady } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { pruneRevisions, type Revisions, syncRevisions } from '../revision/revisions.ts';
import { ordinalOf, revisionLabel, statefulClaims, statefulPod } from './identity.ts';

/** Keeps the numbered pods of StatefulSets, in order. */
export function startStatefulSets(context: ControllerContext): Controller {
  const { informers } = context;
  const sets = informers.get(resources.statefulSets);
  const pods = informers.get(resources.pods);
  const controller = new StatefulSetController(context);
  const reconciler = reconcilerFor(context, {
    name: 'statefulset',
    reconcile: (key) => controller.reconcile(key),
  });

  const enqueue = (set: KubeObject) => reconciler.add(objectKey(set));
  const enqueueOwner = (object: KubeObject) => {
    const owner = controllerOf(object);
    if (owner?.kind === 'StatefulSet') reconciler.add(`${object.metadata.namespace}/${owner.name}`);
  };
  sets.on({ add: enqueue, update: enqueue, delete: enqueue });
  pods.on({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  return reconciler;
}

class StatefulSetController {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #sets: Informer;
  readonly #pods: Informer;
  readonly #revisions: Informer;
  readonly #events: EventRecorder;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext) {
    this.#client = context.client;
    this.#clock = context.clock;
    this.#sets = context.informers.get(resources.statefulSets);
    this.#pods = context.informers.get(resources.pods);
    this.#revisions = context.informers.get(resources.controllerRevisions);
    this.#events = recorderFor(context, 'statefulset-controller');
    this.#expectations = new Expectations(this.#pods);
    this.#pods.addIndex('controller', controllerIndex);
    this.#revisions.addIndex('controller', controllerIndex);
  }

  /** Brings the object with this key to where it should be. */
  async reconcile(key: string): Promise<number | undefined> {
    const set = this.#sets.store.getByKey(key);
    if (!set) {
      this.#expectations.forget(key);
      return undefined;
    }
    if (set.metadata.deletionTimestamp || !this.#expectations.fulfilled(key)) return undefined;
    const owned = await claimObjects<KubeObject>({
      client: this.#client,
      id: resources.pods,
      owner: set,
      owned: this.#pods.store.byIndex('controller', set.metadata.uid!),
      orphans: this.#pods.store.byIndex('controller', `orphan:${set.metadata.namespace}`).filter(isPodActive),
    });
    const known = await syncRevisions(this.#client, this.#revisions, set);
    await this.#step(key, set, owned, known);
    await this.#writeStatus(set, owned, known);
    const used = new Set(owned.map((pod) => pod.metadata.labels?.[revisionLabel]));
    await pruneRevisions(this.#client, set, known, ({ metadata }) => used.has(metadata.name!));
  }

  /** One change towards what is wanted, or all at once when pods are managed in parallel. */
  async #step(key: string, set: KubeObject, owned: readonly KubeObject[], known: Revisions): Promise<void> {
    const inOrder = (set.spec.podManagementPolicy ?? 'OrderedReady') === 'OrderedReady';
    const first = set.spec.ordinals?.start ?? 0;
    const end = first + (set.spec.replicas ?? 1);
    const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod), pod]));
    for (let ordinal = first; ordinal < end; ordinal++) {
      const pod = byOrdinal.get(ordinal);
      if (!pod) await this.#create(key, set, ordinal, this.#revisionFor(set, ordinal, known));
      else if (isPodFinished(pod) && !pod.metadata.deletionTimestamp) await this.#remove(key, set, pod);
      if (inOrder && !(pod && isHealthy(pod))) return;
    }
    const surplus = owned
      .filter((pod) => ordinalOf(set, pod) >= end || ordinalOf(set, pod) < first)
      .sort((left, right) => ordinalOf(set, right) - ordinalOf(set, left));
    for (const pod of surplus) {
      if (!pod.metadata.deletionTimestamp) await this.#remove(key, set, pod);
      if (inOrder) return;
    }
    if (set.spec.updateStrategy?.type !== 'OnDelete') await this.#update(key, set, byOrdinal, end, known);
  }

  /** Replaces the last pod of an old revision once all behind it are well. */
  async #update(
    key: string,
    set: KubeObject,
    byOrdinal: ReadonlyMap<number, KubeObject>,
    end: number,
    known: Revisions,
  ): Promise<void> {
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = end - 1; ordinal >= partition; ordinal--) {
      const pod = byOrdinal.get(ordinal);
      if (!pod || pod.metadata.deletionTimestamp) return;
      if (pod.metadata.labels?.[revisionLabel] !== known.current.metadata.name)
        return this.#remove(key, set, pod);
      if (!isHealthy(pod)) return;
    }
  }

  /** Pods below the partition keep the template that the set had before. */
  #revisionFor(set: KubeObject, ordinal: number, known: Revisions): KubeObject {
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const before = known.all.find(({ metadata }) => metadata.name === set.status?.currentRevision);
    return ordinal < partition && before ? before : known.current;
  }

  async #create(key: string, set: KubeObject, ordinal: number, revision: KubeObject): Promise<void> {
    for (const claim of statefulClaims(set, ordinal)) await this.#ensureClaim(claim);
    const draft = statefulPod(set, ordinal, revision);
    const { name } = draft.metadata;
    try {
      this.#expectations.created(key, await this.#client.create(resources.pods, draft));
      const text = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
      this.#events.event(set, 'Normal', 'SuccessfulCreate', text);
    } catch (error) {
      if (isAlreadyExists(error)) return;
      const text = `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`;
      this.#events.event(set, 'Warning', 'FailedCreate', text);
      throw error;
    }
  }

  async #ensureClaim(claim: KubeObject): Promise<void> {
    await this.#client.create(resources.persistentVolumeClaims, claim).catch((error) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }

  async #remove(key: string, set: KubeObject, pod: KubeObject): Promise<void> {
    const { name, namespace } = pod.metadata;
    await ignoreNotFound(this.#client.delete(resources.pods, name!, namespace));
    this.#expectations.deleted(key, pod);
    const text = `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`;
    this.#events.event(set, 'Normal', 'SuccessfulDelete', text);
  }

  async #writeStatus(set: KubeObject, owned: readonly KubeObject[], known: Revisions): Promise<void> {
    const alive = owned.filter(isPodActive);
    const updateRevision = known.current.metadata.name!;
    const replicas = set.spec.replicas ?? 1;
    const ofRevision = (name: string) =>
      alive.filter((pod) => pod.metadata.labels?.[revisionLabel] === name).length;
    const done =
      ofRevision(updateRevision) === replicas && alive.length === replicas && alive.every(isHealthy);
    const currentRevision = done ? updateRevision : (set.status?.currentRevision ?? updateRevision);
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const status = {
      ...set.status,
      observedGeneration: set.metadata.generation,
      replicas: alive.length,
      readyReplicas: alive.filter(isPodReady).length || undefined,
      currentReplicas: ofRevision(currentRevision) || undefined,
      updatedReplicas: ofRevision(updateRevision) || undefined,
      currentRevision,
      updateRevision,
      collisionCount: set.status?.collisionCount ?? 0,
      availableReplicas: alive.filter((pod) => isPodAvailable(pod, minReadySeconds, this.#clock.now()))
        .length,
    };
    if (semanticEqual(status, set.status)) return;
    await this.#client.update(resources.statefulSets, { ...set, status }, { subresource: 'status' });
  }
}

function isHealthy(pod: KubeObject): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod) && !pod.metadata.deletionTimestamp;
}
