import { type KubeObject, objectKey, resources } from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { ignoreNotFound } from '../common/owners.ts';
import { type Controller, type ControllerContext, reconcilerFor } from '../context.ts';
import type { ApiResource } from '../discovery.ts';
import type { Monitors } from '../monitors.ts';
import { quotaResources, totalUsage, usageOf } from './usage.ts';

/** Keeps the status of ResourceQuotas: what is used of each limit. */
export function startQuotas(context: ControllerContext, monitors: Monitors): Controller {
  const { client, informers } = context;
  const quotas = informers.get(resources.resourceQuotas);

  const reconciler = reconcilerFor(context, {
    name: 'resourcequota',
    async reconcile(key) {
      const quota = quotas.store.getByKey(key);
      if (!quota || quota.metadata.deletionTimestamp) return;
      const hard = quota.spec.hard ?? {};
      const used = totalUsage(hard, await usages(quota.metadata.namespace!, quotaResources(hard)));
      if (semanticEqual({ hard, used }, { hard: quota.status?.hard, used: quota.status?.used })) return;
      const next = { ...quota, status: { hard, used } };
      await ignoreNotFound(client.update(resources.resourceQuotas, next, { subresource: 'status' }));
    },
  });

  const usages = async (namespace: string, names: readonly string[]) => {
    const all = names.map(async (name) => {
      const resource = monitors.discovered.resources.find((candidate) => fullName(candidate) === name);
      if (!resource) return [];
      const { items } = await client.list(resource, { namespace });
      return items.map((item) => usageOf(name, item));
    });
    return (await Promise.all(all)).flat();
  };

  const enqueue = (quota: KubeObject) => reconciler.add(objectKey(quota));
  const changed = (resource: ApiResource, object: KubeObject) => {
    if (!resource.namespaced || quotas.store.size === 0) return;
    for (const quota of quotas.store.list(object.metadata.namespace)) {
      if (quotaResources(quota.spec.hard ?? {}).includes(fullName(resource))) enqueue(quota);
    }
  };
  quotas.on({ add: enqueue, update: enqueue });
  monitors.on({ added: changed, updated: changed, deleted: changed });
  return reconciler;
}

function fullName({ group, resource }: ApiResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}
