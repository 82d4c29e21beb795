import {
  hasLabels,
  type Informer,
  isAlreadyExists,
  type KubeClient,
  type KubeObject,
  objectKey,
  resources,
  splitKey,
} from '@lateen/kube';
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
  const { informers } = context;
  const services = informers.get(resources.services);
  const pods = informers.get(resources.pods);
  const endpoints = informers.get(resources.endpoints);
  const slices = informers.get(resources.endpointSlices);
  const controller = new EndpointsController(context);
  const reconciler = reconcilerFor(context, {
    name: 'endpoints',
    reconcile: (key) => controller.reconcile(key),
  });

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
      controller.noteDeleted(objectKey(service));
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

class EndpointsController {
  readonly #client: KubeClient;
  readonly #services: Informer;
  readonly #pods: Informer;
  readonly #endpoints: Informer;
  readonly #slices: Informer;
  readonly #nodes: Informer;
  readonly #expectations: Expectations;
  readonly #deletedServices = new Set<string>();

  constructor(context: ControllerContext) {
    this.#client = context.client;
    this.#services = context.informers.get(resources.services);
    this.#pods = context.informers.get(resources.pods);
    this.#endpoints = context.informers.get(resources.endpoints);
    this.#slices = context.informers.get(resources.endpointSlices);
    this.#nodes = context.informers.get(resources.nodes);
    this.#expectations = new Expectations(this.#slices);
    this.#slices.addIndex('service', ({ metadata }) => [
      `${metadata.namespace}/${metadata.labels?.[serviceNameLabel]}/${metadata.labels?.[managedByLabel]}`,
    ]);
  }

  /** Remembers that the Service with this key is gone, and not merely unknown. */
  noteDeleted(key: string): void {
    this.#deletedServices.add(key);
  }

  /** Brings the object with this key to where it should be. */
  async reconcile(key: string): Promise<void> {
    const service = this.#services.store.getByKey(key);
    if (!isSelecting(service)) {
      await this.#leaveToOthers(key, service);
      return;
    }
    const selected = this.#podsOf(service);
    await this.#writeEndpoints(service, selected);
    if (this.#expectations.fulfilled(key)) {
      await this.#apply(
        key,
        planSlices(service, selected, this.#slicesOf(key, sliceManager), (node) => this.#zoneOf(node)),
      );
    }
  }

  #zoneOf(nodeName: string | undefined) {
    return nodeName
      ? this.#nodes.store.get(nodeName)?.metadata.labels?.['topology.kubernetes.io/zone']
      : undefined;
  }

  #podsOf(service: KubeObject) {
    return this.#pods.store
      .list(service.metadata.namespace)
      .filter((pod) => hasLabels(pod.metadata.labels, service.spec.selector));
  }

  #slicesOf(key: string, manager: string) {
    return this.#slices.store.byIndex('service', `${key}/${manager}`);
  }

  async #writeEndpoints(service: KubeObject, selected: readonly KubeObject[]): Promise<void> {
    const { name, namespace } = service.metadata;
    const current = this.#endpoints.store.get(name!, namespace);
    const subsets = subsetsOf(service, selected);
    const labels = { ...inheritedLabels(service), [endpointsManagedByLabel]: endpointsManager };
    if (!current) {
      const metadata = { name, namespace, labels };
      const draft = { apiVersion: 'v1', kind: 'Endpoints', metadata, ...(subsets.length > 0 && { subsets }) };
      await this.#client.create(resources.endpoints, draft).catch(ignoreExisting);
    } else if (!semanticEqual([subsets, labels], [current.subsets, current.metadata.labels])) {
      await ignoreNotFound(
        this.#client.update(resources.endpoints, {
          ...current,
          metadata: { ...current.metadata, labels },
          subsets,
        }),
      );
    }
  }

  /** A Service that selects nothing, or is gone: what was written for it goes, what others wrote is mirrored. */
  async #leaveToOthers(key: string, service: KubeObject | undefined): Promise<void> {
    const { name, namespace } = splitKey(key);
    const current = this.#endpoints.store.getByKey(key);
    const ours = current?.metadata.labels?.[endpointsManagedByLabel] === endpointsManager;
    const unwanted = service
      ? ours && service.spec.type === 'ExternalName'
      : ours || this.#deletedServices.has(key);
    if (current && unwanted && isMirrored(current)) {
      await ignoreNotFound(this.#client.delete(resources.endpoints, name, namespace));
    }
    this.#deletedServices.delete(key);
    await this.#removeAll(this.#slicesOf(key, sliceManager));
    const mirror = service && current && !unwanted && isMirrored(current) ? mirroredSlices(current) : [];
    if (this.#expectations.fulfilled(key))
      await this.#apply(key, reconcileSlices(mirror, this.#slicesOf(key, mirrorManager)));
    if (!service) this.#expectations.forget(key);
  }

  async #apply(key: string, plan: SlicePlan): Promise<void> {
    for (const slice of plan.create) {
      this.#expectations.created(key, await this.#client.create(resources.endpointSlices, slice));
    }
    for (const slice of plan.update) {
      const updated = await ignoreNotFound(this.#client.update(resources.endpointSlices, slice));
      if (updated) this.#expectations.created(key, updated);
    }
    await this.#removeAll(plan.remove);
  }

  async #removeAll(doomed: readonly KubeObject[]): Promise<void> {
    for (const { metadata } of doomed) {
      await ignoreNotFound(this.#client.delete(resources.endpointSlices, metadata.name!, metadata.namespace));
    }
  }
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
