import type { KubeObject } from '@lateen/kube/types';
import type { Cells } from './core.ts';
import {
  age,
  containerTexts,
  hasCondition,
  humanDuration,
  labelsText,
  selectorText,
  since,
  trueFalse,
} from './format.ts';

function jobStatus(job: KubeObject): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'])
    if (hasCondition(job, type)) return type;
  return 'Running';
}

function jobCells(job: KubeObject, now: number): unknown[] {
  const { spec = {}, status = {} } = job;
  const succeeded = status.succeeded ?? 0;
  const parallelism = spec.parallelism ?? 0;
  const completions =
    spec.completions !== undefined
      ? `${succeeded}/${spec.completions}`
      : `${succeeded}/1${parallelism > 1 ? ` of ${parallelism}` : ''}`;
  const end = status.completionTime ? Date.parse(status.completionTime) : now;
  const duration = status.startTime ? humanDuration(end - Date.parse(status.startTime)) : '';
  const containers = containerTexts(spec.template);
  return [
    job.metadata.name,
    jobStatus(job),
    completions,
    duration,
    age(job, now),
    ...containers,
    selectorText(spec.selector),
  ];
}

function daemonSetCells(set: KubeObject, now: number): unknown[] {
  const { spec = {}, status = {} } = set;
  return [
    set.metadata.name,
    status.desiredNumberScheduled ?? 0,
    status.currentNumberScheduled ?? 0,
    status.numberReady ?? 0,
    status.updatedNumberScheduled ?? 0,
    status.numberAvailable ?? 0,
    labelsText(spec.template?.spec?.nodeSelector),
    age(set, now),
    ...containerTexts(spec.template),
    selectorText(spec.selector),
  ];
}

function metricText(metric: any, current: any): string {
  const source = metric[metric.type.charAt(0).toLowerCase() + metric.type.slice(1)] ?? {};
  const now = current?.[metric.type.charAt(0).toLowerCase() + metric.type.slice(1)]?.current ?? {};
  const { target = {} } = source;
  const average = ' (avg)';
  if (target.type === 'Utilization') {
    const used = now.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`;
    const name = source.name ? `${source.name}: ` : '';
    return `${name}${used}/${target.averageUtilization}%`;
  }
  if (target.averageValue !== undefined)
    return `${now.averageValue ?? '<unknown>'}/${target.averageValue}${average}`;
  return `${now.value ?? '<unknown>'}/${target.value}`;
}

function autoscalerCells(scaler: KubeObject, now: number): unknown[] {
  const { spec = {}, status = {} } = scaler;
  const metrics: any[] = spec.metrics ?? [];
  const texts = metrics.map((metric, index) => metricText(metric, status.currentMetrics?.[index]));
  const shown = texts.slice(0, 2).join(', ');
  const targets =
    texts.length === 0 ? '<none>' : texts.length > 2 ? `${shown} + ${texts.length - 2} more...` : shown;
  return [
    scaler.metadata.name,
    `${spec.scaleTargetRef?.kind}/${spec.scaleTargetRef?.name}`,
    targets,
    spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec.maxReplicas,
    status.currentReplicas ?? 0,
    age(scaler, now),
  ];
}

export const workloadCells: Readonly<Record<string, Cells>> = {
  'deployments.apps': (o, now) => [
    o.metadata.name,
    `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`,
    o.status?.updatedReplicas ?? 0,
    o.status?.availableReplicas ?? 0,
    age(o, now),
    ...containerTexts(o.spec?.template),
    selectorText(o.spec?.selector),
  ],
  'replicasets.apps': (o, now) => [
    o.metadata.name,
    o.spec?.replicas ?? 0,
    o.status?.replicas ?? 0,
    o.status?.readyReplicas ?? 0,
    age(o, now),
    ...containerTexts(o.spec?.template),
    selectorText(o.spec?.selector),
  ],
  'statefulsets.apps': (o, now) => [
    o.metadata.name,
    `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`,
    age(o, now),
    ...containerTexts(o.spec?.template),
  ],
  'daemonsets.apps': daemonSetCells,
  'controllerrevisions.apps': (o, now) => {
    const owner = o.metadata.ownerReferences?.find((one) => one.controller);
    const [group, version] = (owner?.apiVersion ?? '').split('/');
    const kind = owner ? `${owner.kind.toLowerCase()}${version ? `.${group}` : ''}/${owner.name}` : '<none>';
    return [o.metadata.name, kind, o.revision ?? 0, age(o, now)];
  },
  'jobs.batch': jobCells,
  'cronjobs.batch': (o, now) => [
    o.metadata.name,
    o.spec?.schedule ?? '',
    o.spec?.timeZone ?? '<none>',
    trueFalse(o.spec?.suspend),
    (o.status?.active ?? []).length,
    o.status?.lastScheduleTime ? since(o.status.lastScheduleTime, now) : '<none>',
    age(o, now),
    ...containerTexts(o.spec?.jobTemplate?.spec?.template),
    selectorText(o.spec?.jobTemplate?.spec?.selector),
  ],
  'horizontalpodautoscalers.autoscaling': autoscalerCells,
  'scales.autoscaling': (scale, now) => [
    scale.metadata.name,
    scale.spec?.replicas ?? 0,
    scale.status?.replicas ?? 0,
    age(scale, now),
  ],
};
