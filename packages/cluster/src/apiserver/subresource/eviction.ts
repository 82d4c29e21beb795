import type { KubeObject } from '@lateen/kube/types';
import { labelSelectorMatches } from '../../schema/index.ts';
import { readObject } from '../engine/body.ts';
import { type DeleteOptions, remove } from '../engine/delete.ts';
import { findEntry } from '../engine/read.ts';
import { statusResponse } from '../engine/respond.ts';
import type { Scope } from '../engine/scope.ts';
import { ApiError, badRequest } from '../errors.ts';
import type { ApiResponse } from '../request.ts';

/** Deletes a pod if its disruption budgets allow it. */
export async function createEviction(scope: Scope): Promise<ApiResponse> {
  const raw = await readObject(scope.request);
  if (raw === undefined) throw badRequest('EOF');
  const eviction = (typeof raw === 'string' ? JSON.parse(raw) : raw) as KubeObject & {
    deleteOptions?: DeleteOptions;
  };
  const entry = findEntry(scope);
  const options = eviction.deleteOptions ?? {};
  const dryRun = scope.request.query.getAll('dryRun').includes('All');
  if (dryRun) options.dryRun = ['All'];
  checkBudgets(scope, entry.object);
  await remove(scope, entry, options);
  await spendBudget(scope, entry.object, (options.dryRun ?? []).length > 0);
  return statusResponse(scope.request, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  });
}

function budgetsOf(scope: Scope, pod: KubeObject) {
  const all = [...scope.core.store.collection('poddisruptionbudgets.policy').entries(pod.metadata.namespace)];
  return all.filter((entry) => labelSelectorMatches(entry.object.spec?.selector, pod.metadata.labels ?? {}));
}

function needsBudget(pod: KubeObject): boolean {
  return !['Pending', 'Succeeded', 'Failed'].includes(pod.status?.phase) && !pod.metadata.deletionTimestamp;
}

function checkBudgets(scope: Scope, pod: KubeObject): void {
  if (!needsBudget(pod)) return;
  const budgets = budgetsOf(scope, pod);
  if (budgets.length > 1) {
    throw new ApiError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const budget = budgets[0]?.object;
  if (!budget) return;
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (disruptionsAllowed > 0) return;
  const name = budget.metadata.name!;
  throw new ApiError(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
        },
      ],
    },
  );
}

/** Until the controller has counted again, the budget is smaller by this pod. */
async function spendBudget(scope: Scope, pod: KubeObject, dryRun: boolean): Promise<void> {
  const entry = needsBudget(pod) ? budgetsOf(scope, pod)[0] : undefined;
  if (!entry || dryRun) return;
  const status = { ...entry.object.status };
  status.disruptionsAllowed = Math.max(0, (status.disruptionsAllowed ?? 0) - 1);
  const { durable } = scope.core.store.put(
    'poddisruptionbudgets.policy',
    entry,
    entry,
    (resourceVersion) => ({
      ...entry.object,
      metadata: { ...entry.object.metadata, resourceVersion },
      status,
    }),
  );
  await durable;
}
