import {
  type EventRecorder,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
} from '@lateen/kube';
import { ignoreNotFound } from '../common/owners.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import type { Monitors } from '../monitors.ts';
import { type GraphNode, isDeletingDependents, isOrphaning, OwnerGraph } from './graph.ts';

type Verdict = 'solid' | 'waiting' | 'dangling';

/** Deletes objects whose owners are gone, and serves foreground and orphaning deletion. */
export function startGarbageCollector(context: ControllerContext, monitors: Monitors): Controller {
  const collector = new Collector(
    context.client,
    recorderFor(context, 'garbage-collector-controller'),
    monitors,
  );
  const reconciler = reconcilerFor(context, {
    name: 'garbage-collector',
    concurrency: 8,
    reconcile: (uid) => collector.attempt(uid),
  });
  const noticed = (node: GraphNode) => {
    if (node.owners.length > 0 || isDeletingDependents(node) || isOrphaning(node)) reconciler.add(node.uid);
    // A dependent of one that waits for its dependents may have been its last.
    for (const { uid } of node.owners) if (isWaiting(collector.graph.get(uid))) reconciler.add(uid);
  };
  const requeueAround = (node: GraphNode) => {
    for (const dependent of collector.graph.dependentsOf(node.uid)) reconciler.add(dependent.uid);
    for (const { uid } of node.owners) if (isWaiting(collector.graph.get(uid))) reconciler.add(uid);
  };
  monitors.on({
    added: (resource, object) => noticed(collector.graph.put(resource, object)),
    updated(resource, object) {
      const before = collector.graph.get(object.metadata.uid!);
      const node = collector.graph.put(resource, object);
      if (!before || changed(before, node)) noticed(node);
      if (isDeletingDependents(node)) requeueAround(node);
    },
    deleted(_resource, object) {
      const node = collector.graph.get(object.metadata.uid!);
      if (!node) return;
      collector.graph.remove(node.uid);
      requeueAround(node);
    },
  });
  return reconciler;
}

function isWaiting(node: GraphNode | undefined): boolean {
  return node !== undefined && isDeletingDependents(node);
}

/** Most updates are of status; those are nothing to the collector. */
function changed(before: GraphNode, after: GraphNode): boolean {
  return (
    before.deleting !== after.deleting ||
    JSON.stringify(before.owners) !== JSON.stringify(after.owners) ||
    JSON.stringify(before.finalizers) !== JSON.stringify(after.finalizers)
  );
}

class Collector {
  readonly graph = new OwnerGraph();
  readonly #client: KubeClient;
  readonly #events: EventRecorder;
  readonly #monitors: Monitors;

  constructor(client: KubeClient, events: EventRecorder, monitors: Monitors) {
    this.#client = client;
    this.#events = events;
    this.#monitors = monitors;
  }

  async attempt(uid: string): Promise<void> {
    const node = this.graph.get(uid);
    if (!node) return;
    if (isOrphaning(node)) await this.#orphanDependents(node);
    else if (isDeletingDependents(node)) await this.#finishForeground(node);
    else if (!node.deleting && node.owners.length > 0) await this.#judge(node);
  }

  async #judge(node: GraphNode): Promise<void> {
    const live = await ignoreNotFound(this.#client.get(node.resource, node.name, node.namespace));
    if (live?.metadata.uid !== node.uid || live.metadata.deletionTimestamp) return;
    const owners = live.metadata.ownerReferences ?? [];
    const verdicts = await Promise.all(owners.map((owner) => this.#verdict(live, owner)));
    const solid = owners.filter((_, index) => verdicts[index] === 'solid');
    const waiting = verdicts.includes('waiting');
    if (solid.length === owners.length) return;
    if (solid.length > 0) return this.#keepOwners(node, live, solid);
    const foreground = waiting && this.graph.dependentsOf(node.uid).length > 0;
    await this.#delete(node, live, foreground ? 'Foreground' : policyOf(live));
  }

  async #verdict(live: KubeObject, owner: OwnerReference): Promise<Verdict> {
    const known = this.graph.get(owner.uid);
    if (known) {
      const reachable = known.namespace === undefined || known.namespace === live.metadata.namespace;
      if (!reachable) return this.#outOfNamespace(live, owner);
      return isDeletingDependents(known) && owner.blockOwnerDeletion ? 'waiting' : 'solid';
    }
    const resource = this.#monitors.find(owner.apiVersion, owner.kind);
    // A kind that nobody serves may be served again; nothing is deleted on a guess.
    if (!resource) return 'solid';
    const namespace = resource.namespaced ? live.metadata.namespace : undefined;
    if (resource.namespaced && !namespace) return this.#outOfNamespace(live, owner);
    const found = await ignoreNotFound(this.#client.get(resource, owner.name, namespace));
    if (found?.metadata.uid === owner.uid) return 'solid';
    return 'dangling';
  }

  #outOfNamespace(live: KubeObject, owner: OwnerReference): Verdict {
    const { apiVersion, kind, name, uid } = owner;
    const text = `ownerRef [${apiVersion}/${kind}, namespace: ${live.metadata.namespace ?? ''}, name: ${name}, uid: ${uid}] does not exist in namespace "${live.metadata.namespace ?? ''}"`;
    this.#events.event(live, 'Warning', 'OwnerRefInvalidNamespace', text);
    return live.metadata.namespace ? 'dangling' : 'solid';
  }

  async #keepOwners(node: GraphNode, live: KubeObject, ownerReferences: OwnerReference[]): Promise<void> {
    const metadata = { uid: node.uid, resourceVersion: live.metadata.resourceVersion, ownerReferences };
    await this.#patch(node, metadata);
  }

  async #delete(node: GraphNode, live: KubeObject, propagationPolicy: string): Promise<void> {
    const preconditions = { uid: node.uid, resourceVersion: live.metadata.resourceVersion };
    await ignoreNotFound(
      this.#client.delete(node.resource, node.name, node.namespace, { propagationPolicy, preconditions }),
    );
  }

  /** Lets the object go when nothing that blocks it is left; else sees that those are deleted. */
  async #finishForeground(node: GraphNode): Promise<void> {
    const blocking = this.graph
      .dependentsOf(node.uid)
      .filter((dependent) =>
        dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion),
      );
    if (blocking.length === 0) return this.#removeFinalizer(node, 'foregroundDeletion');
    for (const dependent of blocking) if (!dependent.deleting) await this.#judge(dependent);
  }

  async #orphanDependents(node: GraphNode): Promise<void> {
    for (const dependent of this.graph.dependentsOf(node.uid)) {
      const ownerReferences = dependent.owners.filter(({ uid }) => uid !== node.uid);
      await this.#patch(dependent, { uid: dependent.uid, ownerReferences });
    }
    await this.#removeFinalizer(node, 'orphan');
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const live = await ignoreNotFound(this.#client.get(node.resource, node.name, node.namespace));
    if (live?.metadata.uid !== node.uid) return;
    const finalizers = (live.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    await this.#patch(node, { uid: node.uid, resourceVersion: live.metadata.resourceVersion, finalizers });
  }

  async #patch({ resource, name, namespace }: GraphNode, metadata: object): Promise<void> {
    await this.#client.patch(resource, name, namespace, 'merge', { metadata }).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

/** An object keeps the way of deletion that its finalizers already ask for. */
function policyOf({ metadata }: KubeObject): string {
  if (metadata.finalizers?.includes('orphan')) return 'Orphan';
  return metadata.finalizers?.includes('foregroundDeletion') ? 'Foreground' : 'Background';
}
