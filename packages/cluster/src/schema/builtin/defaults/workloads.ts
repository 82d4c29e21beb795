import { defaultClaim } from './core.ts';
import { defaultPodSpec } from './pod.ts';
import { each, part, setDefault, setDefaults } from './set.ts';

function template(spec: any): void {
  defaultPodSpec(part(part(spec, 'template'), 'spec'));
}

export function defaultDeployment(object: any): void {
  const spec = part(object, 'spec');
  setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = part(spec, 'strategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    setDefaults(part(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
  }
  template(spec);
}

export function defaultReplicaSet(object: any): void {
  setDefault(part(object, 'spec'), 'replicas', 1);
  template(object.spec);
}

export function defaultReplicationController(object: any): void {
  const spec = part(object, 'spec');
  setDefault(spec, 'replicas', 1);
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (object.metadata?.labels === undefined)
      object.metadata = { ...object.metadata, labels: { ...labels } };
  }
  if (spec.template) template(spec);
}

export function defaultStatefulSet(object: any): void {
  const spec = part(object, 'spec');
  setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady' });
  const strategy = part(spec, 'updateStrategy');
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= { partition: 0 };
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate)
    setDefault(strategy.rollingUpdate, 'partition', 0);
  setDefaults(part(spec, 'persistentVolumeClaimRetentionPolicy'), {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
  });
  for (const claim of each(spec.volumeClaimTemplates)) {
    setDefaults(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
    defaultClaim(claim);
  }
  template(spec);
}

export function defaultDaemonSet(object: any): void {
  const spec = part(object, 'spec');
  setDefault(spec, 'revisionHistoryLimit', 10);
  const strategy = part(spec, 'updateStrategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate')
    setDefaults(part(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 });
  template(spec);
}

export function defaultJob(object: any): void {
  const spec = part(object, 'spec');
  if (spec.completions === undefined && spec.parallelism === undefined)
    Object.assign(spec, { completions: 1, parallelism: 1 });
  const perIndex = spec.backoffLimitPerIndex !== undefined;
  setDefaults(spec, {
    parallelism: 1,
    backoffLimit: perIndex ? 2_147_483_647 : 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
    manualSelector: false,
  });
  for (const rule of each(spec.podFailurePolicy?.rules)) {
    each(rule.onPodConditions).forEach((condition) => {
      setDefault(condition, 'status', 'True');
    });
  }
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined && object.metadata?.labels === undefined) {
    object.metadata = { ...object.metadata, labels: { ...labels } };
  }
  template(spec);
}

export function defaultCronJob(object: any): void {
  const spec = part(object, 'spec');
  setDefaults(spec, {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  template(part(part(spec, 'jobTemplate'), 'spec'));
}

const scalingPolicies = {
  up: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
  down: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

export function defaultAutoscaler(object: any): void {
  const spec = part(object, 'spec');
  setDefault(spec, 'minReplicas', 1);
  if (object.apiVersion === 'autoscaling/v1') {
    const others = object.metadata?.annotations?.['autoscaling.alpha.kubernetes.io/metrics'];
    if (others === undefined) setDefault(spec, 'targetCPUUtilizationPercentage', 80);
    return;
  }
  if (each(spec.metrics).length === 0) {
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  if (spec.behavior === undefined) return;
  const up = part(spec.behavior, 'scaleUp');
  setDefaults(up, { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: scalingPolicies.up });
  setDefaults(part(spec.behavior, 'scaleDown'), { selectPolicy: 'Max', policies: scalingPolicies.down });
}

export function defaultPodTemplate(object: any): void {
  defaultPodSpec(part(part(object, 'template'), 'spec'));
}
