import { type KubeObject, resources } from '@lateen/kube';
import { findCondition, timestamp } from '../common/conditions.ts';
import { ignoreNotFound } from '../common/owners.ts';
import { isPodReady } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';

/** Milliseconds without a sign of life after which a node counts as lost. */
const gracePeriod = 50_000;

/** Marks nodes whose kubelet no longer renews its lease, and takes their pods out of service. */
export function startNodeLifecycle(context: ControllerContext): Controller {
  const { client, informers, clock } = context;
  const nodes = informers.get(resources.nodes);
  const leases = informers.get(resources.leases);
  const pods = informers.get(resources.pods);
  const events = recorderFor(context, 'node-controller');
  /** When a lease last changed, by this process's clock: nobody else's can be trusted. */
  const seen = new Map<string, number>();
  pods.addIndex('node', ({ spec }) => [spec?.nodeName ?? '']);

  const reconciler = reconcilerFor(context, {
    name: 'node-lifecycle',
    async reconcile(name) {
      const node = nodes.store.get(name);
      const last = seen.get(name);
      if (!node || last === undefined) return;
      const left = last + gracePeriod - clock.monotonic();
      if (left > 0) return left + 1000;
      await markLost(node);
    },
  });

  const markLost = async (node: KubeObject): Promise<void> => {
    const ready = findCondition(node.status?.conditions, 'Ready');
    if (!ready || ready.status === 'Unknown') return;
    const lastTransitionTime = timestamp(clock.now());
    const lost = {
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime,
    };
    const conditions = node.status.conditions.map((condition: object) => ({
      ...condition,
      status: 'Unknown',
      ...lost,
    }));
    const next = { ...node, status: { ...node.status, conditions } };
    await ignoreNotFound(client.update(resources.nodes, next, { subresource: 'status' }));
    const { name } = node.metadata;
    events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    for (const pod of pods.store.byIndex('node', name!)) if (isPodReady(pod)) await markNotReady(pod);
  };

  const markNotReady = async (pod: KubeObject): Promise<void> => {
    const lastTransitionTime = timestamp(clock.now());
    const conditions = pod.status.conditions.map((condition: any) =>
      condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime } : condition,
    );
    const next = { ...pod, status: { ...pod.status, conditions } };
    await ignoreNotFound(client.update(resources.pods, next, { subresource: 'status' }));
    events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  };

  const renewed = ({ metadata }: KubeObject) => {
    if (metadata.namespace !== 'kube-node-lease') return;
    seen.set(metadata.name!, clock.monotonic());
    reconciler.add(metadata.name!);
  };
  leases.on({ update: renewed, delete: ({ metadata }) => seen.delete(metadata.name!) });
  return reconciler;
}
