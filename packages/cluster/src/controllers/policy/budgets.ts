import { type KubeObject, matchesSelector, objectKey, resources } from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { findCondition, timestamp } from '../common/conditions.ts';
import { controllerOf } from '../common/owners.ts';
import { isPodFinished, isPodReady, resolveIntOrPercent } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor } from '../context.ts';

/** Keeps the status of PodDisruptionBudgets, by which evictions are allowed. */
export function startDisruptionBudgets(context: ControllerContext): Controller {
  const { client, informers, clock } = context;
  const budgets = informers.get(resources.podDisruptionBudgets);
  const pods = informers.get(resources.pods);
  const replicaSets = informers.get(resources.replicaSets);
  const deployments = informers.get(resources.deployments);

  const reconciler = reconcilerFor(context, {
    name: 'disruption',
    async reconcile(key) {
      const budget = budgets.store.getByKey(key);
      if (!budget || budget.metadata.deletionTimestamp) return;
      const selected = pods.store
        .list(budget.metadata.namespace)
        .filter((pod) => matchesSelector(budget.spec.selector, pod.metadata.labels) && !isPodFinished(pod));
      const status = budgetStatus(budget, selected, expectedPods(selected), clock.now());
      if (semanticEqual(status, budget.status)) return;
      await client.update(resources.podDisruptionBudgets, { ...budget, status }, { subresource: 'status' });
    },
  });

  /** Replicas that the owners of the pods want, each owner once. */
  const expectedPods = (selected: readonly KubeObject[]): number => {
    const wanted = new Map<string, number>();
    for (const pod of selected) {
      const owner = controllerOf(pod);
      const set =
        owner?.kind === 'ReplicaSet' ? replicaSets.store.get(owner.name, pod.metadata.namespace) : undefined;
      const deploymentRef = set && controllerOf(set);
      const deployment = deploymentRef && deployments.store.get(deploymentRef.name, pod.metadata.namespace);
      const scaled = deployment ?? set;
      if (scaled) wanted.set(scaled.metadata.uid!, scaled.spec.replicas);
      else wanted.set(pod.metadata.uid!, 1);
    }
    return [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0);
  };

  const enqueue = (budget: KubeObject) => reconciler.add(objectKey(budget));
  const enqueueFor = (...versions: KubeObject[]) => {
    for (const budget of budgets.store.list(versions[0]!.metadata.namespace)) {
      if (versions.some((pod) => matchesSelector(budget.spec.selector, pod.metadata.labels))) enqueue(budget);
    }
  };
  budgets.on({ add: enqueue, update: enqueue });
  pods.on({
    add: (pod) => enqueueFor(pod),
    update: (pod, old) => enqueueFor(pod, old),
    delete: (pod) => enqueueFor(pod),
  });
  return reconciler;
}

function budgetStatus(budget: KubeObject, pods: readonly KubeObject[], scale: number, now: number): any {
  const { minAvailable, maxUnavailable } = budget.spec;
  const byScale = maxUnavailable !== undefined || typeof minAvailable === 'string';
  const expected = byScale ? scale : pods.length;
  const desired =
    maxUnavailable !== undefined
      ? Math.max(0, expected - resolveIntOrPercent(maxUnavailable, expected, true))
      : resolveIntOrPercent(minAvailable, expected, true);
  const healthy = pods.filter((pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp).length;
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const observedGeneration = budget.metadata.generation;
  const status = allowed > 0 ? 'True' : 'False';
  const current = findCondition(budget.status?.conditions, 'DisruptionAllowed');
  const condition = {
    type: 'DisruptionAllowed',
    status,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration,
    lastTransitionTime: current?.status === status ? current.lastTransitionTime : timestamp(now),
  };
  return {
    ...budget.status,
    conditions: [condition],
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    observedGeneration,
  };
}
