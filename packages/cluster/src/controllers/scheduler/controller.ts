import { type EventRecorder, isConflict, type KubeObject, objectKey, resources } from '@lateen/kube';
import { findCondition, timestamp, withCondition } from '../common/conditions.ts';
import { ignoreNotFound } from '../common/owners.ts';
import { isPodActive } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { misfit } from './fit.ts';

/** Binds waiting pods to the node with the fewest pods among those that they fit on. */
export function startScheduler(context: ControllerContext): Controller {
  const { client, informers } = context;
  const pods = informers.get(resources.pods);
  const nodes = informers.get(resources.nodes);
  const events = recorderFor(context, 'default-scheduler');
  pods.addIndex('node', ({ spec }) => [spec?.nodeName ?? '']);

  const reconciler = reconcilerFor(context, {
    name: 'scheduler',
    async reconcile(key) {
      const pod = pods.store.getByKey(key);
      if (!pod || !isWaiting(pod)) return;
      const all = nodes.store.list();
      const fitting = all.filter((node) => misfit(pod, node) === undefined);
      const load = ({ metadata }: KubeObject) => pods.store.byIndex('node', metadata.name!).length;
      const node = fitting.sort((left, right) => load(left) - load(right))[0];
      if (node) await bind(pod, node.metadata.name!);
      else await reportUnschedulable(context, events, pod, explain(pod, all));
    },
  });

  const bind = async (pod: KubeObject, node: string): Promise<void> => {
    const { name, namespace, uid } = pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
    try {
      if (!(await ignoreNotFound(client.create(resources.pods, binding, { subresource: 'binding' })))) return;
    } catch (error) {
      // Somebody else was faster; the event of their write is on its way.
      if (isConflict(error)) return;
      throw error;
    }
    events.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
  };

  const enqueue = (pod: KubeObject) => {
    if (isWaiting(pod)) reconciler.add(objectKey(pod));
  };
  pods.on({ add: enqueue, update: (pod, old) => specChanged(pod, old) && enqueue(pod) });
  const retryAll = () => {
    for (const pod of pods.store.byIndex('node', '')) enqueue(pod);
  };
  nodes.on({ add: retryAll, update: (node, old) => becameUsable(node, old) && retryAll() });
  return reconciler;
}

function isWaiting(pod: KubeObject): boolean {
  const scheduler = pod.spec.schedulerName ?? 'default-scheduler';
  const gated = (pod.spec.schedulingGates?.length ?? 0) > 0;
  return !pod.spec.nodeName && scheduler === 'default-scheduler' && !gated && isPodActive(pod);
}

function specChanged(pod: KubeObject, old: KubeObject): boolean {
  return JSON.stringify(pod.spec) !== JSON.stringify(old.spec);
}

/** Heartbeats must not make every waiting pod be looked at again. */
function becameUsable(node: KubeObject, old: KubeObject): boolean {
  const view = ({ spec, metadata, status }: KubeObject) =>
    JSON.stringify([spec, metadata.labels, findCondition(status?.conditions, 'Ready')?.status]);
  return view(node) !== view(old);
}

function explain(pod: KubeObject, nodes: readonly KubeObject[]): string {
  if (nodes.length === 0) return 'no nodes available to schedule pods';
  const reasons = new Map<string, number>();
  for (const node of nodes) {
    const reason = (misfit(pod, node) ?? '').replace(/^1 /, '');
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const listed = [...reasons]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
  const total = nodes.length;
  return `0/${total} nodes are available: ${listed}. preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
}

async function reportUnschedulable(
  { client, clock }: ControllerContext,
  events: EventRecorder,
  pod: KubeObject,
  message: string,
): Promise<void> {
  events.event(pod, 'Warning', 'FailedScheduling', message);
  const current = findCondition(pod.status?.conditions, 'PodScheduled');
  if (current?.reason === 'Unschedulable' && current.message === message) return;
  const lastTransitionTime = timestamp(clock.now());
  const condition = {
    type: 'PodScheduled',
    status: 'False' as const,
    reason: 'Unschedulable',
    message,
    lastTransitionTime,
  };
  const kept = (pod.status?.conditions ?? []).filter(({ type }: { type: string }) => type !== 'PodScheduled');
  const conditions = withCondition(kept, condition);
  const next = { ...pod, status: { ...pod.status, conditions } };
  await ignoreNotFound(client.update(resources.pods, next, { subresource: 'status' }));
}
