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
import { findCondition, timestamp } from '../common/conditions.ts';
import { Expectations } from '../common/expectations.ts';
import { claimObjects, controllerIndex, controllerOf, ignoreNotFound } from '../common/owners.ts';
import { isPodActive } from '../common/pods.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { createPod } from '../replicaset/controller.ts';
import {
  endConditions,
  formatIndexes,
  indexAnnotation,
  isJobComplete,
  isJobFinished,
  type JobProgress,
  jobFailure,
  jobProgress,
} from './status.ts';

/** Runs the pods of Jobs until enough have succeeded or too many have failed. */
export function startJobs(context: ControllerContext): Controller {
  const { informers } = context;
  const jobs = informers.get(resources.jobs);
  const pods = informers.get(resources.pods);
  const controller = new JobController(context);
  const reconciler = reconcilerFor(context, {
    name: 'job',
    reconcile: (key) => controller.reconcile(key),
  });

  const enqueue = (job: KubeObject) => reconciler.add(objectKey(job));
  const enqueueOwner = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job') reconciler.add(`${pod.metadata.namespace}/${owner.name}`);
  };
  jobs.on({ add: enqueue, update: enqueue, delete: enqueue });
  pods.on({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  return reconciler;
}

class JobController {
  readonly #context: ControllerContext;
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #jobs: Informer;
  readonly #pods: Informer;
  readonly #events: EventRecorder;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#client = context.client;
    this.#clock = context.clock;
    this.#jobs = context.informers.get(resources.jobs);
    this.#pods = context.informers.get(resources.pods);
    this.#events = recorderFor(context, 'job-controller');
    this.#expectations = new Expectations(this.#pods);
    this.#pods.addIndex('controller', controllerIndex);
  }

  /** Brings the object with this key to where it should be. */
  async reconcile(key: string): Promise<number | undefined> {
    const job = this.#jobs.store.getByKey(key);
    if (!job) {
      this.#expectations.forget(key);
      return undefined;
    }
    if (job.metadata.deletionTimestamp) return undefined;
    if (isJobFinished(job)) return this.#cleanUp(job);
    if (!this.#expectations.fulfilled(key)) return undefined;
    return this.#run(key, job);
  }

  async #run(key: string, job: KubeObject): Promise<number | undefined> {
    const claimed = await claimObjects<KubeObject>({
      client: this.#client,
      id: resources.pods,
      owner: job,
      owned: this.#pods.store.byIndex('controller', job.metadata.uid!),
      orphans: this.#pods.store.byIndex('controller', `orphan:${job.metadata.namespace}`).filter(isPodActive),
    });
    const now = this.#clock.now();
    const progress = jobProgress(job, claimed);
    const failure = jobFailure(job, progress, now);
    const complete = !failure && isJobComplete(job, progress);
    if (failure || complete || job.spec.suspend) await this.#removePods(key, job, progress.active);
    const wait =
      failure || complete || job.spec.suspend ? undefined : await this.#startPods(key, job, progress);
    await this.#writeStatus(job, progress, failure, complete, now);
    const { activeDeadlineSeconds } = job.spec;
    if (activeDeadlineSeconds === undefined || failure || complete) return wait;
    const started = Date.parse(job.status?.startTime ?? timestamp(now));
    const toDeadline = Math.max(0, started + activeDeadlineSeconds * 1000 - now) + 10;
    return Math.min(wait ?? toDeadline, toDeadline);
  }

  async #startPods(key: string, job: KubeObject, progress: JobProgress): Promise<number | undefined> {
    const { parallelism = 1, completions } = job.spec;
    const left =
      completions === undefined || completions === null ? parallelism : completions - progress.succeeded;
    const stopping = (completions ?? null) === null && progress.succeeded > 0;
    const wanted = stopping ? progress.active.length : Math.min(parallelism, left);
    if (wanted < progress.active.length) {
      await this.#removePods(key, job, progress.active.slice(wanted));
      return undefined;
    }
    // A failing pod is tried again ever more slowly.
    const wait = progress.failed === 0 ? 0 : Math.min(10_000 * 2 ** (progress.failed - 1), 360_000);
    const since = this.#clock.now() - this.#lastFailure(job);
    if (wanted > progress.active.length && since < wait) return wait - since;
    for (let made = progress.active.length; made < wanted; made++) {
      const index = job.spec.completionMode === 'Indexed' ? nextIndex(progress.taken) : undefined;
      const pod = await createPod(this.#context, this.#events, job, (draft) => adjustPod(draft, job, index));
      this.#expectations.created(key, pod);
    }
    return undefined;
  }

  #lastFailure(job: KubeObject): number {
    const ended = this.#pods.store
      .byIndex('controller', job.metadata.uid!)
      .filter((pod) => pod.status?.phase === 'Failed')
      .flatMap((pod) =>
        (pod.status.containerStatuses ?? []).map((status: any) => status.state?.terminated?.finishedAt),
      );
    return Math.max(0, ...ended.map((time) => Date.parse(time ?? '') || 0));
  }

  async #removePods(key: string, job: KubeObject, doomed: readonly KubeObject[]): Promise<void> {
    for (const pod of doomed) {
      await ignoreNotFound(this.#client.delete(resources.pods, pod.metadata.name!, pod.metadata.namespace));
      this.#expectations.deleted(key, pod);
      this.#events.event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    }
  }

  async #writeStatus(
    job: KubeObject,
    progress: JobProgress,
    failure: ReturnType<typeof jobFailure>,
    complete: boolean,
    now: number,
  ): Promise<void> {
    const ended = failure || complete;
    const alive = ended ? 0 : activeAfter(job, progress);
    const done = ended && progress.active.length === 0;
    const status = {
      ...job.status,
      active: alive || undefined,
      ready: ended ? 0 : progress.ready,
      terminating: 0,
      succeeded: progress.succeeded || undefined,
      failed: progress.failed || undefined,
      startTime: job.status?.startTime ?? (job.spec.suspend ? undefined : timestamp(now)),
      uncountedTerminatedPods: {},
      completedIndexes:
        job.spec.completionMode === 'Indexed' ? formatIndexes(progress.done) || undefined : undefined,
      conditions: ended ? endConditions(job, failure, Boolean(done), now) : job.status?.conditions,
      ...(done && complete && { completionTime: timestamp(now) }),
    };
    if (semanticEqual(status, job.status)) return;
    await this.#client.update(resources.jobs, { ...job, status }, { subresource: 'status' });
    if (!done) return;
    if (complete) this.#events.event(job, 'Normal', 'Completed', 'Job completed');
    else this.#events.event(job, 'Warning', failure!.reason, failure!.message);
  }

  async #cleanUp(job: KubeObject): Promise<number | undefined> {
    const { ttlSecondsAfterFinished } = job.spec;
    const end =
      findCondition(job.status.conditions, 'Complete') ?? findCondition(job.status.conditions, 'Failed');
    if (ttlSecondsAfterFinished === undefined) return undefined;
    const wait =
      Date.parse(end?.lastTransitionTime ?? '') + ttlSecondsAfterFinished * 1000 - this.#clock.now();
    if (wait > 0) return wait;
    const options = { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid } };
    await ignoreNotFound(
      this.#client.delete(resources.jobs, job.metadata.name!, job.metadata.namespace, options),
    );
    return undefined;
  }
}

/** Pods at work once those that are still missing have been made. */
function activeAfter(job: KubeObject, progress: JobProgress): number {
  const { parallelism = 1, completions, suspend } = job.spec;
  if (suspend) return 0;
  const open = (completions ?? null) === null;
  if (open && progress.succeeded > 0) return progress.active.length;
  return Math.max(
    progress.active.length,
    Math.min(parallelism, open ? parallelism : completions - progress.succeeded),
  );
}

function nextIndex(taken: Set<number>): number {
  let index = 0;
  while (taken.has(index)) index++;
  taken.add(index);
  return index;
}

function adjustPod(pod: KubeObject, job: KubeObject, index: number | undefined): void {
  pod.spec.restartPolicy ??= 'Never';
  if (index === undefined) return;
  pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexAnnotation]: String(index) };
  pod.metadata.labels = { ...pod.metadata.labels, [indexAnnotation]: String(index) };
  pod.spec.hostname = `${job.metadata.name}-${index}`;
  for (const container of pod.spec.containers) {
    container.env = [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', value: String(index) }];
  }
}
