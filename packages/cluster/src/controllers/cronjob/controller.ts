import type { Clock } from '@lateen/kit';
import {
  type EventRecorder,
  type Informer,
  isAlreadyExists,
  type KubeClient,
  type KubeObject,
  objectKey,
  resources,
} from '@lateen/kube';
import { semanticEqual } from '../common/canonical.ts';
import { isConditionTrue, timestamp } from '../common/conditions.ts';
import { controllerIndex, controllerOf, ignoreNotFound, ownerReference } from '../common/owners.ts';
import { type Controller, type ControllerContext, reconcilerFor, recorderFor } from '../context.ts';
import { isJobFinished } from '../job/status.ts';
import { nextTime, parseSchedule, type Schedule } from './schedule.ts';

/** Makes Jobs when CronJobs are due. */
export function startCronJobs(context: ControllerContext): Controller {
  const { informers } = context;
  const cronJobs = informers.get(resources.cronJobs);
  const jobs = informers.get(resources.jobs);
  const controller = new CronJobController(context);
  const reconciler = reconcilerFor(context, {
    name: 'cronjob',
    reconcile: (key) => controller.reconcile(key),
  });

  const enqueue = (cronJob: KubeObject) => reconciler.add(objectKey(cronJob));
  const enqueueOwner = (job: KubeObject) => {
    const owner = controllerOf(job);
    if (owner?.kind === 'CronJob') reconciler.add(`${job.metadata.namespace}/${owner.name}`);
  };
  cronJobs.on({ add: enqueue, update: enqueue });
  jobs.on({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  return reconciler;
}

class CronJobController {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #cronJobs: Informer;
  readonly #jobs: Informer;
  readonly #events: EventRecorder;

  constructor(context: ControllerContext) {
    this.#client = context.client;
    this.#clock = context.clock;
    this.#cronJobs = context.informers.get(resources.cronJobs);
    this.#jobs = context.informers.get(resources.jobs);
    this.#events = recorderFor(context, 'cronjob-controller');
    this.#jobs.addIndex('controller', controllerIndex);
  }

  /** Brings the object with this key to where it should be. */
  async reconcile(key: string): Promise<number | undefined> {
    const cronJob = this.#cronJobs.store.getByKey(key);
    if (!cronJob || cronJob.metadata.deletionTimestamp) return undefined;
    const owned = this.#jobs.store.byIndex('controller', cronJob.metadata.uid!);
    await this.#removeOld(cronJob, owned);
    const schedule = this.#readSchedule(cronJob);
    const now = this.#clock.now();
    const due = schedule && !cronJob.spec.suspend ? dueTime(cronJob, schedule, now) : undefined;
    const active = owned.filter((job) => !isJobFinished(job));
    const started = due === undefined ? undefined : await this.#start(cronJob, due, active);
    await this.#writeStatus(
      cronJob,
      started ? [...this.#remaining(cronJob, active), started] : active,
      started && due,
      owned,
    );
    const next = schedule && !cronJob.spec.suspend ? nextTime(schedule, now) : undefined;
    return next === undefined ? undefined : next - now + 100;
  }

  #readSchedule(cronJob: KubeObject): Schedule | undefined {
    try {
      return parseSchedule(cronJob.spec.schedule, cronJob.spec.timeZone || 'UTC');
    } catch (error) {
      const text = `unparseable schedule: ${cronJob.spec.schedule} : ${(error as Error).message}`;
      this.#events.event(cronJob, 'Warning', 'UnparseableSchedule', text);
      return undefined;
    }
  }

  async #start(cronJob: KubeObject, due: number, active: readonly KubeObject[]) {
    const policy = cronJob.spec.concurrencyPolicy ?? 'Allow';
    if (policy === 'Forbid' && active.length > 0) {
      const text = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#events.event(cronJob, 'Normal', 'JobAlreadyActive', text);
      return undefined;
    }
    if (policy === 'Replace') for (const job of active) await this.#remove(cronJob, job);
    try {
      const created = await this.#client.create(resources.jobs, jobFor(cronJob, due));
      this.#events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (isAlreadyExists(error)) return undefined;
      this.#events.event(
        cronJob,
        'Warning',
        'FailedCreate',
        `Error creating job: ${(error as Error).message}`,
      );
      throw error;
    }
  }

  #remaining(cronJob: KubeObject, active: readonly KubeObject[]) {
    return cronJob.spec.concurrencyPolicy === 'Replace' ? [] : active;
  }

  async #remove(cronJob: KubeObject, job: KubeObject): Promise<void> {
    const { name, namespace } = job.metadata;
    await ignoreNotFound(
      this.#client.delete(resources.jobs, name!, namespace, { propagationPolicy: 'Background' }),
    );
    this.#events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  async #removeOld(cronJob: KubeObject, owned: readonly KubeObject[]): Promise<void> {
    const limits: Array<[string, number]> = [
      ['Complete', cronJob.spec.successfulJobsHistoryLimit ?? 3],
      ['Failed', cronJob.spec.failedJobsHistoryLimit ?? 1],
    ];
    for (const [type, limit] of limits) {
      const ended = owned
        .filter((job) => isConditionTrue(job.status?.conditions, type))
        .sort((left, right) => ((left.status.startTime ?? '') < (right.status.startTime ?? '') ? -1 : 1));
      for (const job of ended.slice(0, Math.max(0, ended.length - limit))) await this.#remove(cronJob, job);
    }
  }

  async #writeStatus(
    cronJob: KubeObject,
    active: readonly KubeObject[],
    scheduled: number | undefined,
    owned: readonly KubeObject[],
  ): Promise<void> {
    const ends = owned.map((job) => job.status?.completionTime).filter(Boolean);
    const last = [cronJob.status?.lastSuccessfulTime, ...ends].filter(Boolean).sort().at(-1);
    const status = {
      ...cronJob.status,
      active: active.map((job) => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: job.metadata.name,
        namespace: job.metadata.namespace,
        resourceVersion: job.metadata.resourceVersion,
        uid: job.metadata.uid,
      })),
      ...(scheduled && { lastScheduleTime: timestamp(scheduled) }),
      ...(last && { lastSuccessfulTime: last }),
    };
    const view = ({ active: references = [], ...rest }: any) => [rest, references.map(({ uid }: any) => uid)];
    if (semanticEqual(view(status), view(cronJob.status ?? {}))) return;
    await this.#client.update(resources.cronJobs, { ...cronJob, status }, { subresource: 'status' });
  }
}

/** The latest time that has come since the last run and is not too late to keep. */
function dueTime(cronJob: KubeObject, schedule: Schedule, now: number): number | undefined {
  const { startingDeadlineSeconds } = cronJob.spec;
  const since = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '');
  const earliest =
    startingDeadlineSeconds === undefined ? since : Math.max(since, now - startingDeadlineSeconds * 1000);
  // Only the latest of many missed runs is made up for; a day back is as far as it is looked for.
  let time = nextTime(schedule, Math.max(earliest, now - 86_400_000));
  let due: number | undefined;
  while (time !== undefined && time <= now) {
    due = time;
    time = nextTime(schedule, time);
  }
  return due;
}

function jobFor(cronJob: KubeObject, due: number): KubeObject {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const { name, namespace } = cronJob.metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(due / 60_000)}`,
      namespace,
      labels: { ...metadata?.labels },
      annotations: {
        ...metadata?.annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(due),
      },
      ownerReferences: [ownerReference(cronJob)],
    },
    spec: structuredClone(spec),
  };
}
