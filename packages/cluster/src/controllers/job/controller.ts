import { type KubeObject, objectKey, resources } from '@lateen/kube';
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
  const { client, informers, clock } = context;
  const jobs = informers.get(resources.jobs);
  const pods = informers.get(resources.pods);
  const events = recorderFor(context, 'job-controller');
  const expectations = new Expectations(pods);
  pods.addIndex('controller', controllerIndex);

  const reconciler = reconcilerFor(context, {
    name: 'job',
    async reconcile(key) {
      const job = jobs.store.getByKey(key);
      if (!job) return expectations.forget(key);
      if (job.metadata.deletionTimestamp) return;
      if (isJobFinished(job)) return cleanUp(job);
      if (!expectations.fulfilled(key)) return;
      return run(key, job);
    },
  });

  const run = async (key: string, job: KubeObject): Promise<number | undefined> => {
    const claimed = await claimObjects<KubeObject>({
      client,
      id: resources.pods,
      owner: job,
      owned: pods.store.byIndex('controller', job.metadata.uid!),
      orphans: pods.store.byIndex('controller', `orphan:${job.metadata.namespace}`).filter(isPodActive),
    });
    const now = clock.now();
    const progress = jobProgress(job, claimed);
    const failure = jobFailure(job, progress, now);
    const complete = !failure && isJobComplete(job, progress);
    if (failure || complete || job.spec.suspend) await removePods(key, job, progress.active);
    else await startPods(key, job, progress);
    await writeStatus(job, progress, failure, complete, now);
    const { activeDeadlineSeconds } = job.spec;
    if (activeDeadlineSeconds === undefined || failure || complete) return;
    return (
      Math.max(0, Date.parse(job.status?.startTime ?? timestamp(now)) + activeDeadlineSeconds * 1000 - now) +
      10
    );
  };

  const startPods = async (key: string, job: KubeObject, progress: JobProgress): Promise<void> => {
    const { parallelism = 1, completions } = job.spec;
    const left =
      completions === undefined || completions === null ? parallelism : completions - progress.succeeded;
    const stopping = (completions ?? null) === null && progress.succeeded > 0;
    const wanted = stopping ? progress.active.length : Math.min(parallelism, left);
    if (wanted < progress.active.length) {
      return removePods(key, job, progress.active.slice(wanted));
    }
    // A failing pod is tried again ever more slowly.
    const wait = progress.failed === 0 ? 0 : Math.min(10_000 * 2 ** (progress.failed - 1), 360_000);
    const since = clock.now() - lastFailure(job);
    if (wanted > progress.active.length && since < wait) return reconciler.addAfter(key, wait - since);
    for (let made = progress.active.length; made < wanted; made++) {
      const index = job.spec.completionMode === 'Indexed' ? nextIndex(progress.taken) : undefined;
      const pod = await createPod(context, events, job, (draft) => adjustPod(draft, job, index));
      expectations.created(key, pod);
    }
  };

  const lastFailure = (job: KubeObject): number => {
    const ended = pods.store
      .byIndex('controller', job.metadata.uid!)
      .filter((pod) => pod.status?.phase === 'Failed')
      .flatMap((pod) =>
        (pod.status.containerStatuses ?? []).map((status: any) => status.state?.terminated?.finishedAt),
      );
    return Math.max(0, ...ended.map((time) => Date.parse(time ?? '') || 0));
  };

  const removePods = async (key: string, job: KubeObject, doomed: readonly KubeObject[]): Promise<void> => {
    for (const pod of doomed) {
      await ignoreNotFound(client.delete(resources.pods, pod.metadata.name!, pod.metadata.namespace));
      expectations.deleted(key, pod);
      events.event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    }
  };

  const writeStatus = async (
    job: KubeObject,
    progress: JobProgress,
    failure: ReturnType<typeof jobFailure>,
    complete: boolean,
    now: number,
  ): Promise<void> => {
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
    await client.update(resources.jobs, { ...job, status }, { subresource: 'status' });
    if (!done) return;
    if (complete) events.event(job, 'Normal', 'Completed', 'Job completed');
    else events.event(job, 'Warning', failure!.reason, failure!.message);
  };

  const cleanUp = async (job: KubeObject): Promise<number | undefined> => {
    const { ttlSecondsAfterFinished } = job.spec;
    const end =
      findCondition(job.status.conditions, 'Complete') ?? findCondition(job.status.conditions, 'Failed');
    if (ttlSecondsAfterFinished === undefined) return undefined;
    const wait = Date.parse(end?.lastTransitionTime ?? '') + ttlSecondsAfterFinished * 1000 - clock.now();
    if (wait > 0) return wait;
    const options = { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid } };
    await ignoreNotFound(client.delete(resources.jobs, job.metadata.name!, job.metadata.namespace, options));
    return undefined;
  };

  const enqueue = (job: KubeObject) => reconciler.add(objectKey(job));
  const enqueueOwner = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job') reconciler.add(`${pod.metadata.namespace}/${owner.name}`);
  };
  jobs.on({ add: enqueue, update: enqueue, delete: enqueue });
  pods.on({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  return reconciler;
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
