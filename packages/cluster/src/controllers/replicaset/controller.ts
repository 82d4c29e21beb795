import { type EventRecorder, type KubeObject, matchesSelector, objectKey, resources } from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { Expectations } from '../common/expectations.ts';
import { claimObjects, controllerIndex, controllerOf, ignoreNotFound } from '../common/owners.ts';
import { isPodActive, podFromTemplate, sortForDeletion } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { availabilityDelay, replicaSetStatus } from './status.ts';

/** Pods made or deleted in one step at most. */
const burst = 500;

/** Keeps as many pods as each ReplicaSet wants. */
export function startReplicaSets(context: ControllerContext): Controller {
  const { client, informers, clock } = context;
  const sets = informers.get(resources.replicaSets);
  const pods = informers.get(resources.pods);
  const events = recorderFor(context, 'replicaset-controller');
  const expectations = new Expectations(pods);
  sets.addIndex('controller', controllerIndex);
  pods.addIndex('controller', controllerIndex);

  const reconciler = reconcilerFor(context, {
    name: 'replicaset',
    async reconcile(key) {
      const set = sets.store.getByKey(key);
      if (!set) return expectations.forget(key);
      const claimed = await claimObjects<KubeObject>({
        client,
        id: resources.pods,
        owner: set,
        owned: pods.store.byIndex('controller', set.metadata.uid!),
        orphans: pods.store.byIndex('controller', `orphan:${set.metadata.namespace}`).filter(isPodActive),
      });
      const active = claimed.filter(isPodActive);
      let failure: Error | undefined;
      if (expectations.fulfilled(key) && !set.metadata.deletionTimestamp) {
        failure = await manage(key, set, active).catch((error) => error);
      }
      const status = replicaSetStatus(set, active, failure, clock.now());
      if (!semanticEqual(status, set.status)) {
        await client.update(resources.replicaSets, { ...set, status }, { subresource: 'status' });
      }
      if (failure) throw failure;
      return availabilityDelay(set, active, clock.now());
    },
  });

  const manage = async (key: string, set: KubeObject, active: readonly KubeObject[]): Promise<undefined> => {
    const difference = set.spec.replicas - active.length;
    if (difference > 0) {
      for (let made = 0; made < Math.min(difference, burst); made++) {
        expectations.created(key, await createPod(context, events, set));
      }
    } else if (difference < 0) {
      const doomed = sortForDeletion(active, related(set)).slice(0, Math.min(-difference, burst));
      for (const pod of doomed) {
        await deletePod(context, events, set, pod);
        expectations.deleted(key, pod);
      }
    }
  };

  /** Pods of all ReplicaSets with the same owner, since those share their nodes. */
  const related = (set: KubeObject): KubeObject[] => {
    const owner = controllerOf(set);
    const siblings = owner ? sets.store.byIndex('controller', owner.uid) : [set];
    return siblings.flatMap((sibling) => pods.store.byIndex('controller', sibling.metadata.uid!));
  };

  const enqueue = (object: KubeObject) => reconciler.add(objectKey(object));
  const enqueueOwner = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'ReplicaSet') reconciler.add(`${pod.metadata.namespace}/${owner.name}`);
    else if (!owner)
      for (const set of sets.store.list(pod.metadata.namespace)) if (picks(set, pod)) enqueue(set);
  };
  sets.on({ add: enqueue, update: enqueue, delete: enqueue });
  pods.on({
    add: enqueueOwner,
    update(pod, old) {
      if (controllerOf(old)?.uid !== controllerOf(pod)?.uid) enqueueOwner(old);
      enqueueOwner(pod);
    },
    delete: enqueueOwner,
  });
  return reconciler;
}

function picks(set: KubeObject, pod: KubeObject): boolean {
  return matchesSelector(set.spec.selector, pod.metadata.labels);
}

/** Makes one pod of a workload's template and says so, or why not, in an event of the workload. */
export async function createPod(
  { client }: ControllerContext,
  events: EventRecorder,
  owner: KubeObject,
  adjust: (pod: KubeObject) => void = () => {},
): Promise<KubeObject> {
  const pod = podFromTemplate(owner, owner.spec.template);
  adjust(pod);
  try {
    const created = await client.create(resources.pods, pod);
    events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    return created;
  } catch (error) {
    events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
    throw error;
  }
}

/** Deletes one pod of a workload and says so in an event of the workload. */
async function deletePod(
  { client }: ControllerContext,
  events: EventRecorder,
  owner: KubeObject,
  pod: KubeObject,
): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  await ignoreNotFound(client.delete(resources.pods, name!, namespace, { preconditions: { uid } }));
  events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
}
