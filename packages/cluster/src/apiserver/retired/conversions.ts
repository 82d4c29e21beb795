import type { KubeObject } from '@lateen/kube/types';
import { definitionFromStored, definitionToStored } from './definition.ts';
import { ingressFromStored, ingressToStored } from './ingress.ts';

/** What differs between a retired version and today's; both ways may change the object given. */
export interface Conversion {
  readonly toStored: (object: KubeObject) => KubeObject;
  readonly fromStored?: (object: KubeObject) => KubeObject;
}

/** Workloads without a selector select their template's labels. */
function workloadToStored(object: KubeObject): KubeObject {
  const { spec } = object;
  const labels = spec?.template?.metadata?.labels;
  if (spec && !spec.selector && labels) spec.selector = { matchLabels: { ...labels } };
  if (spec) delete spec.rollbackTo;
  return object;
}

function webhooksToStored(object: KubeObject): KubeObject {
  for (const hook of object.webhooks ?? []) {
    hook.failurePolicy ??= 'Ignore';
    hook.matchPolicy ??= 'Exact';
    hook.timeoutSeconds ??= 30;
    hook.admissionReviewVersions ??= ['v1beta1'];
    if (!hook.sideEffects || hook.sideEffects === 'Unknown') hook.sideEffects = 'None';
    for (const rule of hook.rules ?? []) rule.scope ??= '*';
  }
  return object;
}

const metricSources: Readonly<Record<string, string>> = {
  Resource: 'resource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
  ContainerResource: 'containerResource',
};

/** In v2beta1 a metric's target stood in fields of its own. */
function autoscalerToStored(object: KubeObject): KubeObject {
  for (const metric of object.spec?.metrics ?? []) {
    const source = metric[metricSources[metric.type] ?? ''];
    if (!source || typeof source.target === 'object') continue;
    const { targetAverageUtilization, targetAverageValue, targetValue, metricName, metricSelector, target } =
      source;
    if (targetAverageUtilization !== undefined) {
      source.target = { type: 'Utilization', averageUtilization: targetAverageUtilization };
    } else if (targetAverageValue !== undefined) {
      source.target = { type: 'AverageValue', averageValue: targetAverageValue };
    } else source.target = { type: 'Value', value: targetValue };
    if (metricName) source.metric = { name: metricName, ...(metricSelector && { selector: metricSelector }) };
    if (target && metric.type === 'Object') source.describedObject = target;
    for (const field of oldFields) delete source[field];
  }
  return object;
}

const oldFields = [
  'targetAverageUtilization',
  'targetAverageValue',
  'targetValue',
  'metricName',
  'metricSelector',
];

function autoscalerFromStored(object: KubeObject): KubeObject {
  for (const metric of object.spec?.metrics ?? []) {
    const source = metric[metricSources[metric.type] ?? ''];
    if (!source?.target) continue;
    const { averageUtilization, averageValue, value } = source.target;
    delete source.target;
    if (averageUtilization !== undefined) source.targetAverageUtilization = averageUtilization;
    if (averageValue !== undefined) source.targetAverageValue = averageValue;
    if (value !== undefined) source.targetValue = value;
    if (source.metric) {
      source.metricName = source.metric.name;
      if (source.metric.selector) source.metricSelector = source.metric.selector;
      delete source.metric;
    }
    if (source.describedObject) {
      source.target = source.describedObject;
      delete source.describedObject;
    }
  }
  return object;
}

const workload: Conversion = { toStored: workloadToStored };
const webhooks: Conversion = { toStored: webhooksToStored };

export const conversions: Readonly<Record<string, Conversion>> = {
  deployments: workload,
  daemonsets: workload,
  replicasets: workload,
  statefulsets: workload,
  mutatingwebhookconfigurations: webhooks,
  validatingwebhookconfigurations: webhooks,
  'horizontalpodautoscalers/v2beta1': { toStored: autoscalerToStored, fromStored: autoscalerFromStored },
  ingresses: { toStored: ingressToStored, fromStored: ingressFromStored },
  customresourcedefinitions: { toStored: definitionToStored, fromStored: definitionFromStored },
};
