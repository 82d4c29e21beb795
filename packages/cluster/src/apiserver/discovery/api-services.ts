import { randomUUID } from 'node:crypto';
import type { Core } from '../core.ts';
import { canonical } from '../engine/canonical.ts';

const storage = 'apiservices.apiregistration.k8s.io';
const autoLabel = 'kube-aggregator.kubernetes.io/automanaged';

/** Keeps one APIService for every group version that is served. */
export function syncApiServices(core: Core): void {
  const { registry, store, log } = core;
  const collection = store.collection(storage);
  const wanted = new Map<string, { group: string; version: string }>();
  for (const group of ['', ...registry.groups().filter((one) => one !== '')]) {
    for (const version of registry.versions(group)) wanted.set(`${version}.${group}`, { group, version });
  }
  const fail = (error: unknown) => log.error('cannot keep the APIServices', { error });
  for (const [name, place] of wanted) {
    if (collection.get('', name)) continue;
    const { durable } = store.put(storage, { namespace: '', name }, undefined, (resourceVersion) =>
      canonical(apiService(core, name, place), resourceVersion),
    );
    durable.catch(fail);
  }
  for (const entry of [...collection.entries()]) {
    if (wanted.has(entry.name) || !entry.object.metadata.labels?.[autoLabel]) continue;
    store.remove(storage, entry).durable.catch(fail);
  }
}

function apiService(core: Core, name: string, { group, version }: { group: string; version: string }) {
  const now = `${new Date(core.clock.now()).toISOString().slice(0, 19)}Z`;
  const custom = core.registry.resources(group, version).some((served) => served.resource.custom);
  return {
    kind: 'APIService',
    apiVersion: 'apiregistration.k8s.io/v1',
    metadata: {
      name,
      uid: randomUUID(),
      creationTimestamp: now,
      labels: { [autoLabel]: custom ? 'true' : 'onstart' },
    },
    spec: {
      ...(group && { group }),
      version,
      groupPriorityMinimum: group === '' ? 18000 : custom ? 1000 : 17500,
      versionPriority: group === '' ? 1 : custom ? 100 : 15,
    },
    status: {
      conditions: [
        {
          type: 'Available',
          status: 'True',
          lastTransitionTime: now,
          reason: 'Local',
          message: 'Local APIServices are always available',
        },
      ],
    },
  };
}
