import { type KubeClient, type KubeObject, queryString, resourcePath } from '@lateen/kube';
import type { ApiResource } from '../discovery.ts';

/** What is left in a namespace that is being emptied. */
export interface Remaining {
  /** Objects left, by `resource.group`. */
  readonly counts: Map<string, number>;
  /** Objects that wait for a finalizer, by finalizer. */
  readonly finalizers: Map<string, number>;
  readonly failures: string[];
}

/** Deletes everything of the given resources in the namespace and counts what does not go at once. */
export async function deleteContent(
  client: KubeClient,
  namespace: string,
  all: readonly ApiResource[],
): Promise<Remaining> {
  const remaining: Remaining = { counts: new Map(), finalizers: new Map(), failures: [] };
  for (const resource of all) {
    if (!resource.namespaced || !resource.verbs.includes('delete') || !resource.verbs.includes('list'))
      continue;
    try {
      await empty(client, namespace, resource, remaining);
    } catch (error) {
      remaining.failures.push(`${resource.resource}.${resource.group}: ${(error as Error).message}`);
    }
  }
  return remaining;
}

async function empty(
  client: KubeClient,
  namespace: string,
  resource: ApiResource,
  remaining: Remaining,
): Promise<void> {
  const before = await client.list(resource, { namespace });
  if (before.items.length === 0) return;
  await deleteAll(client, namespace, resource, before.items);
  const { items } = await client.list(resource, { namespace });
  if (items.length === 0) return;
  add(remaining.counts, `${resource.resource}.${resource.group}`, items.length);
  for (const { metadata } of items) {
    for (const finalizer of metadata.finalizers ?? []) add(remaining.finalizers, finalizer, 1);
  }
}

async function deleteAll(
  client: KubeClient,
  namespace: string,
  resource: ApiResource,
  items: readonly KubeObject[],
): Promise<void> {
  if (items.every((item) => item.metadata.deletionTimestamp)) return;
  const path = resourcePath(resource, namespace) + queryString({ propagationPolicy: 'Background' });
  if (resource.verbs.includes('deletecollection')) {
    const { status, body } = await client.request('DELETE', path);
    if (status < 300 || status === 404) return;
    if (status !== 405) throw new Error(`HTTP ${status} ${body.toString('utf8').slice(0, 200)}`);
  }
  for (const { metadata } of items) await client.delete(resource, metadata.name!, namespace).catch(() => {});
}

function add(counts: Map<string, number>, key: string, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}
