import type { Clock, Log } from '@lateen/kit';
import {
  createEventRecorder,
  createReconciler,
  type EventRecorder,
  type KubeClient,
  type Reconciler,
  type ReconcilerOptions,
} from '@lateen/kube';
import type { SharedInformers } from './informers.ts';

/** What every controller is given. */
export interface ControllerContext {
  readonly client: KubeClient;
  readonly log: Log;
  readonly clock: Clock;
  readonly informers: SharedInformers;
  /** PEM bundle published to every namespace. */
  readonly rootCertificate: string;
  /** Resolves when all caches are full. */
  readonly ready: Promise<void>;
}

/** Something that runs until it is stopped. */
export interface Controller {
  stop(): Promise<void>;
}

export type StartController = (context: ControllerContext) => Controller;

/** A reconciler that waits for the caches and logs as the controller does. */
export function reconcilerFor(
  context: ControllerContext,
  options: Pick<ReconcilerOptions, 'name' | 'reconcile' | 'concurrency' | 'backoff'>,
): Reconciler {
  return createReconciler({ ...options, log: context.log, clock: context.clock, ready: context.ready });
}

export function recorderFor(context: ControllerContext, component: string): EventRecorder {
  return createEventRecorder(context.client, { component, log: context.log, clock: context.clock });
}
