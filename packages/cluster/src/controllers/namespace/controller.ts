import { isConflict, isNotFound, type KubeObject, resources } from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { type Controller, type ControllerContext, reconcilerFor } from '../context.ts';
import { discover } from '../discovery.ts';
import type { Monitors } from '../monitors.ts';
import { namespaceConditions } from './conditions.ts';
import { deleteContent } from './content.ts';

/** Empties namespaces that are being deleted, and lets them go when nothing is left. */
export function startNamespaces(context: ControllerContext, monitors: Monitors): Controller {
  const { client, informers, clock } = context;
  const namespaces = informers.get(resources.namespaces);

  const reconciler = reconcilerFor(context, {
    name: 'namespace',
    concurrency: 10,
    backoff: { base: 100, max: 5_000 },
    async reconcile(name) {
      const namespace = namespaces.store.get(name);
      if (!namespace?.metadata.deletionTimestamp) return;
      const finalizers: string[] = namespace.spec?.finalizers ?? [];
      if (!finalizers.includes('kubernetes')) return;
      const { resources: served, failed } = await discover(client);
      const remaining = await deleteContent(client, name, served);
      if (remaining.counts.size === 0 && remaining.failures.length === 0 && failed.length === 0) {
        await finalize(namespace);
        return;
      }
      const conditions = namespaceConditions(namespace.status?.conditions, remaining, failed, clock.now());
      if (!semanticEqual(conditions, namespace.status?.conditions))
        await writeConditions(namespace, conditions);
      if (remaining.failures.length > 0) throw new Error(remaining.failures.join('; '));
      // What goes is noticed by the monitors; this is for what they cannot see.
      return 5_000;
    },
  });

  const finalize = async (namespace: KubeObject): Promise<void> => {
    const finalizers = namespace.spec.finalizers.filter((finalizer: string) => finalizer !== 'kubernetes');
    const next = { ...namespace, spec: { ...namespace.spec, finalizers } };
    await client.update(resources.namespaces, next, { subresource: 'finalize' }).catch(ignoreGone);
  };

  const writeConditions = async (namespace: KubeObject, conditions: unknown): Promise<void> => {
    const status = { ...namespace.status, phase: 'Terminating', conditions };
    await client.update(resources.namespaces, { ...namespace, status }, { subresource: 'status' });
  };

  const enqueue = (namespace: KubeObject) => {
    if (namespace.metadata.deletionTimestamp) reconciler.add(namespace.metadata.name!);
  };
  namespaces.on({ add: enqueue, update: enqueue });
  const contentGone = (object: KubeObject) => {
    const namespace = object.metadata.namespace && namespaces.store.get(object.metadata.namespace);
    if (namespace) enqueue(namespace);
  };
  monitors.on({ added() {}, updated() {}, deleted: (_resource, object) => contentGone(object) });
  return reconciler;
}

function ignoreGone(error: unknown): void {
  if (!isNotFound(error) && !isConflict(error)) throw error;
}
