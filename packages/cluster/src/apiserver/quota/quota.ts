import type { KubeObject } from '@lateen/kube/types';
import { addQuantity, formatQuantity } from '../../schema/quantity.ts';
import type { Core } from '../core.ts';
import type { Attributes } from '../engine/attributes.ts';
import { canonical } from '../engine/canonical.ts';
import { forbidden } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { type Amounts, amount, amountOf, exceeds, isPositive, minus, plus, usageOf } from './usage.ts';

const storage = 'resourcequotas';
const compute = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Refuses what would exceed a quota of its namespace. */
export function enforceQuota(attributes: Attributes): void {
  const { core, served, namespace, operation, subresource, object, old } = attributes;
  if (operation === 'DELETE' || subresource !== '' || !object) return;
  const quotas = core.store.collection(storage);
  if (quotas.size === 0) return;
  const about = { group: served.group, resource: served.resource.plural };
  for (const { object: quota, name } of quotas.entries(namespace)) {
    if (!appliesTo(quota, object)) continue;
    const refuse = (why: string) => forbidden(about, object.metadata.name ?? '', why);
    const hard = hardOf(quota);
    const added = usageOf(served.resource.storage, object);
    const difference = old ? minus(added, usageOf(served.resource.storage, old)) : added;
    const missing = operation === 'CREATE' ? unspecified(served.resource.storage, object, hard) : '';
    if (missing !== '') throw refuse(`failed quota: ${name}: must specify ${missing}`);
    const used = usedIn(core.store, quota);
    const over = [...hard.keys()].filter(
      (key) =>
        isPositive(difference.get(key)) &&
        exceeds(addQuantity(amountOf(used, key), amountOf(difference, key)), amountOf(hard, key)),
    );
    if (over.length === 0) continue;
    const list = (amounts: Amounts) =>
      over
        .sort()
        .map((key) => `${key}=${formatQuantity(amountOf(amounts, key))}`)
        .join(',');
    throw refuse(
      `exceeded quota: ${name}, requested: ${list(difference)}, used: ${list(used)}, limited: ${list(hard)}`,
    );
  }
}

function hardOf(quota: KubeObject): Amounts {
  return new Map(Object.entries(quota.spec?.hard ?? {}).map(([key, value]) => [key, amount(value)]));
}

/** Scopes select pods; other objects are never in a scope. */
function appliesTo(quota: KubeObject, object: KubeObject): boolean {
  const scopes: string[] = quota.spec?.scopes ?? [];
  if (scopes.length === 0) return true;
  if (object.kind !== 'Pod') return false;
  const terminating = object.spec?.activeDeadlineSeconds !== undefined;
  const bestEffort = object.status?.qosClass === 'BestEffort';
  return scopes.every((scope) => {
    if (scope === 'Terminating') return terminating;
    if (scope === 'NotTerminating') return !terminating;
    return scope === 'BestEffort' ? bestEffort : scope === 'NotBestEffort' ? !bestEffort : true;
  });
}

/** Compute resources that the quota counts and a container does not name. */
function unspecified(kind: string, pod: KubeObject, hard: Amounts): string {
  if (kind !== 'pods') return '';
  const containers: any[] = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const texts = compute
    .filter((key) => hard.has(key))
    .sort()
    .flatMap((key) => {
      const [list, name] = key.includes('.') ? key.split('.') : ['requests', key];
      const names = containers
        .filter((one) => one.resources?.[list!]?.[name!] === undefined)
        .map((one) => one.name);
      return names.length > 0 ? [`${key} for: ${names.sort().join(',')}`] : [];
    });
  return texts.join('; ');
}

/** What the quota's namespace uses of what it limits. */
function usedIn(store: Store, quota: KubeObject): Amounts {
  const { namespace } = quota.metadata;
  const keys = Object.keys(quota.spec?.hard ?? {});
  let used: Amounts = new Map();
  for (const kind of new Set(keys.map(storageOf))) {
    for (const { object } of store.collection(kind).entries(namespace)) {
      if (appliesTo(quota, object)) used = plus(used, usageOf(kind, object));
    }
  }
  return used;
}

/** The collection whose objects count for a quota resource. */
function storageOf(key: string): string {
  if (key.startsWith('count/')) return key.slice('count/'.length);
  if (key.startsWith('services.')) return 'services';
  if (key === 'requests.storage') return 'persistentvolumeclaims';
  if (/^(requests|limits)\./.test(key) || ['cpu', 'memory', 'ephemeral-storage'].includes(key)) return 'pods';
  return key;
}

/** Keeps the status of quotas true: what they allow, and what is used of it. */
export function keepQuotaStatus(core: Core): () => void {
  return core.store.observe((resource, event) => {
    const quotas = core.store.collection(storage);
    if (quotas.size === 0 || event.entry.namespace === '') return;
    for (const entry of [...quotas.entries(event.entry.namespace)]) {
      const hard: Record<string, string> = entry.object.spec?.hard ?? {};
      const concerns =
        resource === storage
          ? event.entry === entry
          : Object.keys(hard).some((key) => storageOf(key) === resource);
      if (!concerns && resource !== storage) continue;
      const used = usedIn(core.store, entry.object);
      const texts = Object.fromEntries(
        Object.keys(hard)
          .sort()
          .map((key) => [key, formatQuantity(amountOf(used, key))]),
      );
      const status = { hard, used: texts };
      if (JSON.stringify(status) === JSON.stringify(entry.object.status)) continue;
      const { durable } = core.store.put(storage, entry, entry, (version) =>
        canonical({ ...entry.object, status }, version),
      );
      durable.catch((error) => core.log.error('cannot keep a quota', { error }));
    }
  });
}
