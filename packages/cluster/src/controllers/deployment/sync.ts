import {
  type EventRecorder,
  isAlreadyExists,
  isNotFound,
  type KubeClient,
  type KubeObject,
  resources,
} from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { findCondition, withCondition } from '../common/conditions.ts';
import { controllerOf, ignoreNotFound } from '../common/owners.ts';
import { isPodFinished } from '../common/pods.ts';
import {
  expired,
  findCurrent,
  newReplicaSet,
  nextRevision,
  replicasAnnotations,
  revisionAnnotations,
} from './revisions.ts';
import { newReplicas, type Scale, scaleDownOld } from './rolling.ts';
import { scaleSets } from './scale.ts';
import { condition, deploymentStatus, isComplete, rolloutStatus, timeToDeadline } from './status.ts';
import {
  activeOf,
  allOf,
  type Deployment,
  desiredReplicasAnnotation,
  hasProgressDeadline,
  isRollingUpdate,
  type ReplicaSet,
  type ReplicaSets,
  revisionAnnotation,
} from './types.ts';

export interface SyncInput {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly now: number;
  /** A copy that may be changed. */
  readonly deployment: Deployment;
  readonly sets: readonly ReplicaSet[];
  readonly podsOf: (set: ReplicaSet) => readonly KubeObject[];
}

/** One step of one Deployment. The next step follows from the events of what this one writes. */
export class DeploymentSync {
  readonly #input: SyncInput;
  #deployment: Deployment;

  constructor(input: SyncInput) {
    this.#input = input;
    this.#deployment = input.deployment;
  }

  /** Returns milliseconds after which time alone may change the status. */
  async run(): Promise<number | undefined> {
    if (this.#deployment.metadata.deletionTimestamp)
      return this.#writeStatus(this.#known(), deploymentStatus);
    await this.#notePause();
    if (this.#deployment.spec.paused || this.#isScaling()) return this.#scaleOnly();
    return isRollingUpdate(this.#deployment) ? this.#rollingUpdate() : this.#recreate();
  }

  async #rollingUpdate(): Promise<number | undefined> {
    const sets = await this.#prepare(true);
    const { current } = sets;
    if (current && (await this.#scaleCurrent(sets, current))) return this.#writeStatus(sets, rolloutStatus);
    const steps = scaleDownOld(this.#deployment, sets);
    for (const step of steps) await this.#scale(step);
    return steps.length > 0 ? this.#writeStatus(sets, rolloutStatus) : this.#finish(sets);
  }

  async #recreate(): Promise<number | undefined> {
    const sets = await this.#prepare(false);
    const active = activeOf(sets.old);
    for (const set of active) await this.#scale({ set, replicas: 0 });
    const waiting = sets.old.some((set) => this.#input.podsOf(set).some((pod) => !isPodFinished(pod)));
    if (active.length > 0 || waiting) return this.#writeStatus(sets, rolloutStatus);
    const ready = sets.current ? sets : await this.#prepare(true);
    await this.#scaleCurrent(ready, ready.current!);
    return this.#finish(ready);
  }

  async #scaleOnly(): Promise<number | undefined> {
    const sets = await this.#prepare(false);
    for (const step of scaleSets(this.#deployment, sets)) await this.#scale(step);
    if (this.#deployment.spec.paused) await this.#cleanUp(sets);
    return this.#writeStatus(sets, deploymentStatus);
  }

  async #finish(sets: ReplicaSets): Promise<number | undefined> {
    if (isComplete(this.#deployment, this.#deployment.status ?? {})) await this.#cleanUp(sets);
    return this.#writeStatus(sets, rolloutStatus);
  }

  #known(): ReplicaSets {
    const current = findCurrent(this.#deployment, this.#input.sets);
    return { current, old: this.#input.sets.filter((set) => set !== current) };
  }

  /** The ReplicaSets with the present one made, or its annotations brought up to date. */
  async #prepare(create: boolean): Promise<ReplicaSets> {
    const { current, old } = this.#known();
    const revision = nextRevision(old);
    if (current) return { current: await this.#refresh(current, revision), old };
    return { current: create ? await this.#create(old, revision) : undefined, old };
  }

  async #refresh(current: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const annotations = revisionAnnotations(this.#deployment, current, revision);
    const minReadySeconds = this.#deployment.spec.minReadySeconds ?? 0;
    const same =
      semanticEqual(annotations, current.metadata.annotations) &&
      minReadySeconds === (current.spec.minReadySeconds ?? 0);
    let updated = current;
    if (!same) {
      const next = {
        ...current,
        metadata: { ...current.metadata, annotations },
        spec: { ...current.spec, minReadySeconds },
      };
      updated = await this.#input.client.update(resources.replicaSets, next);
    }
    const name = current.metadata.name!;
    const text = `Found new replica set "${name}"`;
    await this.#noteRevision(
      updated.metadata.annotations?.[revisionAnnotation],
      'FoundNewReplicaSet',
      text,
      false,
    );
    return updated;
  }

  async #create(old: readonly ReplicaSet[], revision: number): Promise<ReplicaSet> {
    const draft = newReplicaSet(this.#deployment, 0, revision);
    draft.spec.replicas = newReplicas(this.#deployment, [...old, draft], 0);
    const created = await this.#createOrFind(draft);
    const name = created.metadata.name!;
    if (created.spec.replicas > 0) this.#announce(name, 0, created.spec.replicas);
    const text = `Created new replica set "${name}"`;
    await this.#noteRevision(String(revision), 'NewReplicaSetCreated', text, true);
    return created;
  }

  async #createOrFind(draft: ReplicaSet): Promise<ReplicaSet> {
    const { client, events } = this.#input;
    try {
      return await client.create(resources.replicaSets, draft);
    } catch (error) {
      if (!isAlreadyExists(error)) {
        const text = `Failed to create new replica set "${draft.metadata.name}": ${(error as Error).message}`;
        events.event(this.#deployment, 'Warning', 'ReplicaSetCreateError', text);
        throw error;
      }
    }
    const existing = await client.get<ReplicaSet>(
      resources.replicaSets,
      draft.metadata.name!,
      draft.metadata.namespace,
    );
    const mine = controllerOf(existing)?.uid === this.#deployment.metadata.uid;
    if (mine && findCurrent(this.#deployment, [existing])) return existing;
    const collisionCount = (this.#deployment.status?.collisionCount ?? 0) + 1;
    await this.#updateStatus({ ...this.#deployment.status, collisionCount });
    throw new Error(`the name ${draft.metadata.name} is taken by another ReplicaSet; another hash is tried`);
  }

  /** Writes the revision annotation and, when there is none or a new set came, the Progressing condition. */
  async #noteRevision(
    revision: string | undefined,
    reason: string,
    text: string,
    isNew: boolean,
  ): Promise<void> {
    const deployment = this.#deployment;
    const annotations = deployment.metadata.annotations ?? {};
    const conditions = deployment.status?.conditions;
    let next = conditions;
    if (hasProgressDeadline(deployment) && (isNew || !findCondition(conditions, 'Progressing'))) {
      next = withCondition(conditions, condition('Progressing', 'True', reason, text, this.#input.now));
    }
    if (annotations[revisionAnnotation] === revision && next === conditions) return;
    if (revision) deployment.metadata.annotations = { ...annotations, [revisionAnnotation]: revision };
    await this.#updateStatus({ ...deployment.status, conditions: next });
  }

  async #notePause(): Promise<void> {
    const deployment = this.#deployment;
    const current = findCondition(deployment.status?.conditions, 'Progressing');
    if (!hasProgressDeadline(deployment) || current?.reason === 'ProgressDeadlineExceeded') return;
    const noted = current?.reason === 'DeploymentPaused';
    if (Boolean(deployment.spec.paused) === noted) return;
    const [reason, text] = deployment.spec.paused
      ? ['DeploymentPaused', 'Deployment is paused']
      : ['DeploymentResumed', 'Deployment is resumed'];
    const next = condition('Progressing', 'Unknown', reason, text, this.#input.now);
    await this.#updateStatus({
      ...deployment.status,
      conditions: withCondition(deployment.status?.conditions, next),
    });
  }

  #isScaling(): boolean {
    return activeOf(this.#input.sets).some((set) => {
      const desired = set.metadata.annotations?.[desiredReplicasAnnotation];
      return desired !== undefined && Number(desired) !== this.#deployment.spec.replicas;
    });
  }

  async #scaleCurrent(sets: ReplicaSets, current: ReplicaSet): Promise<boolean> {
    const { replicas } = this.#deployment.spec;
    if (current.spec.replicas === replicas) return false;
    const next =
      current.spec.replicas > replicas
        ? replicas
        : newReplicas(this.#deployment, allOf(sets), current.spec.replicas);
    return this.#scale({ set: current, replicas: next });
  }

  async #scale({ set, replicas }: Scale): Promise<boolean> {
    const annotations = { ...set.metadata.annotations, ...replicasAnnotations(this.#deployment) };
    const before = set.spec.replicas;
    if (before === replicas && semanticEqual(annotations, set.metadata.annotations)) return false;
    const next = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } };
    await this.#input.client.update(resources.replicaSets, next);
    if (before !== replicas) this.#announce(set.metadata.name!, before, replicas);
    return before !== replicas;
  }

  #announce(name: string, from: number, to: number): void {
    const text = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
    this.#input.events.event(this.#deployment, 'Normal', 'ScalingReplicaSet', text);
  }

  async #cleanUp(sets: ReplicaSets): Promise<void> {
    for (const { metadata } of expired(this.#deployment, sets.old)) {
      const { name, namespace } = metadata;
      await ignoreNotFound(this.#input.client.delete(resources.replicaSets, name!, namespace));
    }
  }

  async #writeStatus(
    sets: ReplicaSets,
    compute: (deployment: Deployment, sets: ReplicaSets, now: number) => any,
  ): Promise<number | undefined> {
    const status = compute(this.#deployment, sets, this.#input.now);
    if (!semanticEqual(status, this.#deployment.status)) await this.#updateStatus(status);
    return timeToDeadline(this.#deployment, status, this.#input.now);
  }

  async #updateStatus(status: any): Promise<void> {
    const next = { ...this.#deployment, status };
    try {
      const updated = await this.#input.client.update<Deployment>(resources.deployments, next, {
        subresource: 'status',
      });
      this.#deployment = updated;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
