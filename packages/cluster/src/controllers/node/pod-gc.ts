import { type KubeObject, objectKey, resources } from '@lateen/kube';
import { ignoreNotFound } from '../common/owners.ts';
import { isPodFinished } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor } from '../context.ts';

/** Finished pods kept for people to look at. */
const finishedKept = 1000;

/** Removes pods that nobody runs any more: of nodes that are gone, unbound ones being deleted, finished ones beyond a limit. */
export function startPodGc(context: ControllerContext): Controller {
  const { client, informers } = context;
  const pods = informers.get(resources.pods);
  const nodes = informers.get(resources.nodes);
  pods.addIndex('node', ({ spec }) => [spec?.nodeName ?? '']);
  const finished = new Set<string>();

  const reconciler = reconcilerFor(context, {
    name: 'pod-gc',
    async reconcile(key) {
      const pod = pods.store.getByKey(key);
      if (!pod) return;
      const orphaned = gone.has(pod.spec.nodeName ?? '') && !nodes.store.get(pod.spec.nodeName);
      const abandoned = !pod.spec.nodeName && pod.metadata.deletionTimestamp !== undefined;
      const surplus = finished.has(key) && finished.size > finishedKept;
      if (!orphaned && !abandoned && !surplus) return;
      finished.delete(key);
      const { name, namespace, uid } = pod.metadata;
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      await ignoreNotFound(client.delete(resources.pods, name!, namespace, options));
    },
  });

  const gone = new Set<string>();
  const look = (pod: KubeObject) => {
    const key = objectKey(pod);
    if (isPodFinished(pod)) finished.add(key);
    else finished.delete(key);
    if (finished.size > finishedKept) reconciler.add(finished.values().next().value!);
    if (!pod.spec.nodeName && pod.metadata.deletionTimestamp) reconciler.add(key);
  };
  pods.on({ add: look, update: look, delete: (pod) => finished.delete(objectKey(pod)) });
  nodes.on({
    add: (node) => gone.delete(node.metadata.name!),
    delete(node) {
      gone.add(node.metadata.name!);
      for (const pod of pods.store.byIndex('node', node.metadata.name!)) reconciler.add(objectKey(pod));
    },
  });
  return reconciler;
}
