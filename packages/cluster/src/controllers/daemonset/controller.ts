import type { Clock } from '@lateen/kit';
import {
  type EventRecorder,
  type Informer,
  type KubeClient,
  type KubeObject,
  objectKey,
  resources,
} from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { Expectations } from '../common/expectations.ts';
import { claimObjects, controllerIndex, controllerOf, ignoreNotFound } from '../common/owners.ts';
import {
  isPodActive,
  isPodAvailable,
  isPodFinished,
  isPodReady,
  resolveIntOrPercent,
} from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { createPod } from '../replicaset/controller.ts';
import { hashOf, pruneRevisions, syncRevisions } from '../revision/revisions.ts';
import { misplaced } from '../scheduler/fit.ts';
import { pinToNode, runsOnNode } from './placement.ts';

const hashLabel = 'controller-revision-hash';

/** Keeps one pod of each DaemonSet on every node that it fits. */
export function startDaemonSets(context: ControllerContext): Controller {
  const { informers } = context;
  const sets = informers.get(resources.daemonSets);
  const pods = informers.get(resources.pods);
  const nodes = informers.get(resources.nodes);
  const controller = new DaemonSetController(context);
  const reconciler = reconcilerFor(context, {
    name: 'daemonset',
    reconcile: (key) => controller.reconcile(key),
  });

  const enqueue = (set: KubeObject) => reconciler.add(objectKey(set));
  const enqueueOwner = (object: KubeObject) => {
    const owner = controllerOf(object);
    if (owner?.kind === 'DaemonSet') reconciler.add(`${object.metadata.namespace}/${owner.name}`);
  };
  const enqueueAll = () => sets.store.list().forEach(enqueue);
  sets.on({ add: enqueue, update: enqueue, delete: enqueue });
  pods.on({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  nodes.on({
    add: enqueueAll,
    update(node, old) {
      const view = ({ metadata, spec }: KubeObject) => [metadata.labels, spec];
      if (!semanticEqual(view(node), view(old))) enqueueAll();
    },
    delete: enqueueAll,
  });
  return reconciler;
}

class DaemonSetController {
  readonly #context: ControllerContext;
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #sets: Informer;
  readonly #pods: Informer;
  readonly #nodes: Informer;
  readonly #revisions: Informer;
  readonly #events: EventRecorder;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#client = context.client;
    this.#clock = context.clock;
    this.#sets = context.informers.get(resources.daemonSets);
    this.#pods = context.informers.get(resources.pods);
    this.#nodes = context.informers.get(resources.nodes);
    this.#revisions = context.informers.get(resources.controllerRevisions);
    this.#events = recorderFor(context, 'daemonset-controller');
    this.#expectations = new Expectations(this.#pods);
    this.#pods.addIndex('controller', controllerIndex);
    this.#revisions.addIndex('controller', controllerIndex);
  }

  /** Brings the object with this key to where it should be. */
  async reconcile(key: string): Promise<number | undefined> {
    const set = this.#sets.store.getByKey(key);
    if (!set) {
      this.#expectations.forget(key);
      return undefined;
    }
    if (set.metadata.deletionTimestamp || !this.#expectations.fulfilled(key)) return undefined;
    const owned = await claimObjects<KubeObject>({
      client: this.#client,
      id: resources.pods,
      owner: set,
      owned: this.#pods.store.byIndex('controller', set.metadata.uid!),
      orphans: this.#pods.store.byIndex('controller', `orphan:${set.metadata.namespace}`).filter(isPodActive),
    });
    const known = await syncRevisions(this.#client, this.#revisions, set);
    const hash = hashOf(known.current);
    await this.#manage(key, set, owned, hash);
    await this.#writeStatus(set, owned, hash);
    const used = new Set(owned.map((pod) => pod.metadata.labels?.[hashLabel]));
    await pruneRevisions(this.#client, set, known, (revision) => used.has(hashOf(revision)));
  }

  #wantedNodes(set: KubeObject) {
    return this.#nodes.store.list().filter((node) => {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {},
        spec: structuredClone(set.spec.template.spec),
      };
      pinToNode(pod, node.metadata.name!);
      return misplaced(pod, node) === undefined;
    });
  }

  async #manage(key: string, set: KubeObject, owned: readonly KubeObject[], hash: string): Promise<void> {
    const wanted = this.#wantedNodes(set);
    const alive = owned.filter((pod) => !pod.metadata.deletionTimestamp);
    const names = new Set(wanted.map((node) => node.metadata.name!));
    const doomed = alive.filter((pod) => isPodFinished(pod) || !names.has(runsOnNode(pod) ?? ''));
    const kept = alive.filter((pod) => !doomed.includes(pod));
    for (const name of names) {
      const [first, ...rest] = kept.filter((pod) => runsOnNode(pod) === name);
      doomed.push(...rest);
      if (first || owned.some((pod) => runsOnNode(pod) === name)) continue;
      this.#expectations.created(
        key,
        await createPod(this.#context, this.#events, set, (pod) => adjust(pod, name, hash)),
      );
    }
    doomed.push(...this.#outdated(set, kept, names.size, hash));
    for (const pod of doomed) await this.#remove(key, set, pod);
  }

  /** Pods of an older template that may go now. */
  #outdated(set: KubeObject, kept: readonly KubeObject[], wanted: number, hash: string): KubeObject[] {
    const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
    if (type === 'OnDelete') return [];
    const limit = Math.max(1, resolveIntOrPercent(rollingUpdate?.maxUnavailable ?? 1, wanted, true));
    const unavailable = wanted - kept.filter((pod) => this.#isAvailable(set, pod)).length;
    const old = kept.filter((pod) => pod.metadata.labels?.[hashLabel] !== hash);
    const broken = old.filter((pod) => !this.#isAvailable(set, pod));
    const working = old.filter((pod) => this.#isAvailable(set, pod));
    return [...broken, ...working.slice(0, Math.max(0, limit - unavailable))];
  }

  #isAvailable(set: KubeObject, pod: KubeObject) {
    return isPodAvailable(pod, set.spec.minReadySeconds ?? 0, this.#clock.now());
  }

  async #remove(key: string, set: KubeObject, pod: KubeObject): Promise<void> {
    await ignoreNotFound(this.#client.delete(resources.pods, pod.metadata.name!, pod.metadata.namespace));
    this.#expectations.deleted(key, pod);
    this.#events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  }

  async #writeStatus(set: KubeObject, owned: readonly KubeObject[], hash: string): Promise<void> {
    const wanted = new Set(this.#wantedNodes(set).map((node) => node.metadata.name));
    const placed = owned.filter((pod) => isPodActive(pod) && wanted.has(runsOnNode(pod)));
    const available = placed.filter((pod) => this.#isAvailable(set, pod)).length;
    const status = {
      ...set.status,
      currentNumberScheduled: placed.length,
      numberMisscheduled: owned.filter((pod) => isPodActive(pod) && !wanted.has(runsOnNode(pod))).length,
      desiredNumberScheduled: wanted.size,
      numberReady: placed.filter(isPodReady).length,
      observedGeneration: set.metadata.generation,
      updatedNumberScheduled:
        placed.filter((pod) => pod.metadata.labels?.[hashLabel] === hash).length || undefined,
      numberAvailable: available || undefined,
      numberUnavailable: wanted.size - available || undefined,
    };
    if (semanticEqual(status, set.status)) return;
    await this.#client.update(resources.daemonSets, { ...set, status }, { subresource: 'status' });
  }
}

function adjust(pod: KubeObject, node: string, hash: string): void {
  pinToNode(pod, node);
  pod.metadata.labels = { ...pod.metadata.labels, [hashLabel]: hash };
}
