import { type KubeObject, objectKey, resources } from '@lateen/kube';
import { claimObjects, controllerIndex, controllerOf } from '../common/owners.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { DeploymentSync } from './sync.ts';
import type { Deployment, ReplicaSet } from './types.ts';

/** Keeps ReplicaSets as Deployments want them: rollouts, scaling, history, status. */
export function startDeployments(context: ControllerContext): Controller {
  const { client, informers, clock } = context;
  const deployments = informers.get(resources.deployments);
  const replicaSets = informers.get(resources.replicaSets);
  const pods = informers.get(resources.pods);
  const events = recorderFor(context, 'deployment-controller');
  replicaSets.addIndex('controller', controllerIndex);
  pods.addIndex('controller', controllerIndex);

  const reconciler = reconcilerFor(context, {
    name: 'deployment',
    async reconcile(key) {
      const cached = deployments.store.getByKey(key) as Deployment | undefined;
      if (!cached) return;
      const deployment = structuredClone(cached);
      if (isEmpty(deployment.spec.selector)) {
        const text = 'This deployment is selecting all pods. A non-empty selector is required.';
        events.event(deployment, 'Warning', 'SelectingAll', text);
        return;
      }
      const sets = await claimObjects<ReplicaSet>({
        client,
        id: resources.replicaSets,
        owner: deployment,
        owned: replicaSets.store.byIndex('controller', deployment.metadata.uid!),
        orphans: replicaSets.store.byIndex('controller', `orphan:${deployment.metadata.namespace}`),
      });
      const podsOf = (set: KubeObject) => pods.store.byIndex('controller', set.metadata.uid!);
      return new DeploymentSync({ client, events, now: clock.now(), deployment, sets, podsOf }).run();
    },
  });

  const enqueueOwner = (set: KubeObject) => {
    const owner = controllerOf(set);
    if (owner?.kind === 'Deployment') reconciler.add(`${set.metadata.namespace}/${owner.name}`);
    else if (!owner) for (const key of matching(set)) reconciler.add(key);
  };
  const matching = (set: KubeObject) => deployments.store.list(set.metadata.namespace).map(objectKey);
  const enqueueForPod = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    const set = owner?.kind === 'ReplicaSet' && replicaSets.store.get(owner.name, pod.metadata.namespace);
    const deployment = set ? controllerOf(set) : undefined;
    if (deployment) reconciler.add(`${pod.metadata.namespace}/${deployment.name}`);
  };
  const enqueue = (object: KubeObject) => reconciler.add(objectKey(object));
  deployments.on({ add: enqueue, update: enqueue });
  replicaSets.on({
    add: enqueueOwner,
    update(set, old) {
      if (controllerOf(old)?.uid !== controllerOf(set)?.uid) enqueueOwner(old);
      enqueueOwner(set);
    },
    delete: enqueueOwner,
  });
  // Recreate waits until the pods of old ReplicaSets are gone.
  pods.on({ delete: enqueueForPod });
  return reconciler;
}

function isEmpty(selector: any): boolean {
  return !selector?.matchExpressions?.length && Object.keys(selector?.matchLabels ?? {}).length === 0;
}
