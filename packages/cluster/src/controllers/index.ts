import { type Clock, delay, type Log, systemClock } from '@lateen/kit';
import type { KubeClient } from '@lateen/kube';
import type { Controller, ControllerContext } from './context.ts';
import { startCronJobs } from './cronjob/controller.ts';
import { startDaemonSets } from './daemonset/controller.ts';
import { startDeployments } from './deployment/controller.ts';
import { startEndpoints } from './endpoints/controller.ts';
import { startGarbageCollector } from './garbage/controller.ts';
import { SharedInformers } from './informers.ts';
import { startJobs } from './job/controller.ts';
import { Monitors } from './monitors.ts';
import { startNamespaces } from './namespace/controller.ts';
import { startDefaultServiceAccounts, startRootCertificates } from './namespace/defaults.ts';
import { startNodeLifecycle } from './node/lifecycle.ts';
import { startPodGc } from './node/pod-gc.ts';
import { startDisruptionBudgets } from './policy/budgets.ts';
import { startQuotas } from './policy/quotas.ts';
import { startReplicaSets } from './replicaset/controller.ts';
import { startScheduler } from './scheduler/controller.ts';
import { startStatefulSets } from './statefulset/controller.ts';

export interface ControllersOptions {
  readonly client: KubeClient;
  readonly log: Log;
  /** Stops everything when it aborts. */
  readonly signal?: AbortSignal;
  /** Bind pods to nodes; true when absent. */
  readonly schedule?: boolean;
  /** PEM bundle published as ConfigMap kube-root-ca.crt to every namespace; not published when absent. */
  readonly rootCertificate?: string;
  readonly clock?: Clock;
}

export interface Controllers {
  /** Resolves when all caches are full and work has begun. */
  readonly ready: Promise<void>;
  /** Resolves when nothing is at work any more. */
  stop(): Promise<void>;
}

/**
 * Starts everything that makes a Kubernetes API a cluster, short of a node: it needs nothing of the API server but its
 * API, so it also works against Kubernetes' own.
 */
export function startControllers(options: ControllersOptions): Controllers {
  const { client, log, clock = systemClock, rootCertificate = '' } = options;
  const informers = new SharedInformers(client, log);
  const monitors = new Monitors(client, informers, log);
  let begin = () => {};
  const ready = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const context: ControllerContext = { client, log, clock, informers, rootCertificate, ready };
  const controllers: Controller[] = [
    startDeployments(context),
    startReplicaSets(context),
    startStatefulSets(context),
    startDaemonSets(context),
    startJobs(context),
    startCronJobs(context),
    startEndpoints(context),
    startNodeLifecycle(context),
    startPodGc(context),
    startDisruptionBudgets(context),
    startQuotas(context, monitors),
    startDefaultServiceAccounts(context),
    startNamespaces(context, monitors),
    startGarbageCollector(context, monitors),
  ];
  if (rootCertificate !== '') controllers.push(startRootCertificates(context));
  if (options.schedule ?? true) controllers.push(startScheduler(context));

  const stop = async () => {
    await Promise.all([...controllers, monitors].map((controller) => controller.stop()));
    await informers.stop();
  };
  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  void begun(informers, monitors, options).then(begin);
  return { ready, stop };
}

/** Fills the caches; tries again for as long as the API server does not answer. */
async function begun(
  informers: SharedInformers,
  monitors: Monitors,
  { log, signal }: ControllersOptions,
): Promise<void> {
  await informers.start().catch(() => {});
  while (!signal?.aborted) {
    try {
      return await monitors.start();
    } catch (error) {
      log.warn(`the API server's resources could not be listed: ${(error as Error).message}; trying again`);
      await delay(500, signal).catch(() => {});
    }
  }
}
