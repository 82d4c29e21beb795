import { hasLabels, isAlreadyExists, type KubeObject, objectKey, resources, splitKey } from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { Expectations } from '../common/expectations.ts';
import { ignoreNotFound } from '../common/owners.ts';
import { type Controller, type ControllerContext, reconcilerFor } from '../context.ts';
import {
  endpointsManagedByLabel,
  endpointsManager,
  inheritedLabels,
  isSelecting,
  managedByLabel,
  mirrorManager,
  serviceNameLabel,
  sliceManager,
} from './labels.ts';
import { isMirrored, mirroredSlices } from './mirror.ts';
import { planSlices, reconcileSlices, type SlicePlan } from './slices.ts';
import { subsetsOf } from './subsets.ts';

/** Keeps Endpoints and EndpointSlices of Services as their pods come, go and change. */
export function startEndpoints(context: ControllerContext): Controller {
  const { client, informers } = context;
  const services = informers.get(resources.services);
  const pods = informers.get(resources.pods);
  const endpoints = informers.get(resources.endpoints);
  const slices = informers.get(resources.endpointSlices);
  const nodes = informers.get(resources.nodes);
  const expectations = new Expectations(slices);
  const deletedServices = new Set<string>();
  slices.addIndex('service', ({ metadata }) => [
    `${metadata.namespace}/${metadata.labels?.[serviceNameLabel]}/${metadata.labels?.[managedByLabel]}`,
  ]);

  const zoneOf = (nodeName: string | undefined) =>
    nodeName ? nodes.store.get(nodeName)?.metadata.labels?.['topology.kubernetes.io/zone'] : undefined;
  const podsOf = (service: KubeObject) =>
    pods.store
      .list(service.metadata.namespace)
      .filter((pod) => hasLabels(pod.metadata.labels, service.spec.selector));
  const slicesOf = (key: string, manager: string) => slices.store.byIndex('service', `${key}/${manager}`);

  const reconciler = reconcilerFor(context, {
    name: 'endpoints',
    async reconcile(key) {
      const service = services.store.getByKey(key);
      if (!isSelecting(service)) {
        await leaveToOthers(key, service);
        return;
      }
      const selected = podsOf(service);
      await writeEndpoints(service, selected);
      if (expectations.fulfilled(key)) {
        await apply(key, planSlices(service, selected, slicesOf(key, sliceManager), zoneOf));
      }
    },
  });

  const writeEndpoints = async (service: KubeObject, selected: readonly KubeObject[]): Promise<void> => {
    const { name, namespace } = service.metadata;
    const current = endpoints.store.get(name!, namespace);
    const subsets = subsetsOf(service, selected);
    const labels = { ...inheritedLabels(service), [endpointsManagedByLabel]: endpointsManager };
    if (!current) {
      const metadata = { name, namespace, labels };
      const draft = { apiVersion: 'v1', kind: 'Endpoints', metadata, ...(subsets.length > 0 && { subsets }) };
      await client.create(resources.endpoints, draft).catch(ignoreExisting);
    } else if (!semanticEqual([subsets, labels], [current.subsets, current.metadata.labels])) {
      await ignoreNotFound(
        client.update(resources.endpoints, {
          ...current,
          metadata: { ...current.metadata, labels },
          subsets,
        }),
      );
    }
  };

  /** A Service that selects nothing, or is gone: what was written for it goes, what others wrote is mirrored. */
  const leaveToOthers = async (key: string, service: KubeObject | undefined): Promise<void> => {
    const { name, namespace } = splitKey(key);
    const current = endpoints.store.getByKey(key);
    const ours = current?.metadata.labels?.[endpointsManagedByLabel] === endpointsManager;
    const unwanted = service
      ? ours && service.spec.type === 'ExternalName'
      : ours || deletedServices.has(key);
    if (current && unwanted && isMirrored(current)) {
      await ignoreNotFound(client.delete(resources.endpoints, name, namespace));
    }
    deletedServices.delete(key);
    await removeAll(slicesOf(key, sliceManager));
    const mirror = service && current && !unwanted && isMirrored(current) ? mirroredSlices(current) : [];
    if (expectations.fulfilled(key)) await apply(key, reconcileSlices(mirror, slicesOf(key, mirrorManager)));
    if (!service) expectations.forget(key);
  };

  const apply = async (key: string, plan: SlicePlan): Promise<void> => {
    for (const slice of plan.create) {
      expectations.created(key, await client.create(resources.endpointSlices, slice));
    }
    for (const slice of plan.update) {
      const updated = await ignoreNotFound(client.update(resources.endpointSlices, slice));
      if (updated) expectations.created(key, updated);
    }
    await removeAll(plan.remove);
  };

  const removeAll = async (doomed: readonly KubeObject[]): Promise<void> => {
    for (const { metadata } of doomed) {
      await ignoreNotFound(client.delete(resources.endpointSlices, metadata.name!, metadata.namespace));
    }
  };

  const enqueue = (object: KubeObject) => reconciler.add(objectKey(object));
  const enqueueServices = (...versions: KubeObject[]) => {
    for (const service of services.store.list(versions[0]!.metadata.namespace)) {
      if (!isSelecting(service)) continue;
      if (versions.some((pod) => hasLabels(pod.metadata.labels, service.spec.selector))) enqueue(service);
    }
  };
  const enqueueForSlice = ({ metadata }: KubeObject) => {
    const name = metadata.labels?.[serviceNameLabel];
    const manager = metadata.labels?.[managedByLabel];
    if (name && (manager === sliceManager || manager === mirrorManager))
      reconciler.add(`${metadata.namespace}/${name}`);
  };
  services.on({
    add: enqueue,
    update: enqueue,
    delete(service) {
      deletedServices.add(objectKey(service));
      enqueue(service);
    },
  });
  pods.on({
    add: (pod) => enqueueServices(pod),
    update: (pod, old) => {
      if (concernsEndpoints(pod, old)) enqueueServices(pod, old);
    },
    delete: (pod) => enqueueServices(pod),
  });
  endpoints.on({ add: enqueue, update: enqueue, delete: enqueue });
  slices.on({ add: enqueueForSlice, update: enqueueForSlice, delete: enqueueForSlice });
  return reconciler;
}

function concernsEndpoints(pod: KubeObject, old: KubeObject): boolean {
  const view = ({ metadata, spec, status }: KubeObject) => [
    metadata.labels,
    metadata.deletionTimestamp,
    spec.nodeName,
    spec.hostname,
    spec.subdomain,
    status?.podIP,
    status?.podIPs,
    status?.phase,
    (status?.conditions ?? [])
      .filter(({ type }: { type: string }) => type === 'Ready')
      .map((ready: any) => ready.status),
  ];
  return !semanticEqual(view(pod), view(old));
}

function ignoreExisting(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}
