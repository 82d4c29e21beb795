import { forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import { deepEqual } from '../../patch/json.ts';
import { labelSelectorMatches } from '../../selector/labels.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { isDns1123Label } from '../../validation/names.ts';
import { validateClaimSpec } from './claims.ts';
import { validateTemplate } from './pod.ts';
import {
  atMostAll,
  emptySelector,
  immutable,
  intOrPercentValue,
  labelSelector,
  named,
  nonNegative,
  positiveIntOrPercent,
  selectorUsable,
} from './rules.ts';

const mismatch = '`selector` does not match template `labels`';

function requiredSelector(spec: any, kind: string): FieldError[] {
  if (!spec.selector) return [required('spec.selector')];
  const errors = labelSelector('spec.selector', spec.selector);
  if (emptySelector(spec.selector)) {
    errors.push(invalidValue('spec.selector', spec.selector, `empty selector is invalid for ${kind}`));
  }
  return errors;
}

function templateLabels(spec: any): FieldError[] {
  const labels = spec.template?.metadata?.labels;
  if (spec.selector && emptySelector(spec.selector)) return [];
  if (labelSelectorMatches(spec.selector, labels)) return [];
  return [invalidValue('spec.template.metadata.labels', labels ?? null, mismatch)];
}

/** The template of a workload whose pods run forever. */
function foreverTemplate(spec: any, kind: string): FieldError[] {
  const errors = validateTemplate(spec.template, 'spec.template');
  const policy = spec.template?.spec?.restartPolicy;
  if (policy !== 'Always')
    errors.push(notSupported('spec.template.spec.restartPolicy', policy ?? '', ['Always']));
  if (spec.template?.spec?.activeDeadlineSeconds !== undefined) {
    const text = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', text));
  }
  return errors;
}

function selectedTemplate(spec: any, kind: string): FieldError[] {
  if (!selectorUsable(spec.selector))
    return [invalidValue('spec.selector', spec.selector, 'invalid label selector')];
  return [...templateLabels(spec), ...foreverTemplate(spec, kind)];
}

export function validateDeployment(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = object.spec ?? {};
  const errors = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...requiredSelector(spec, 'deployment'),
    ...selectedTemplate(spec, 'ReplicaSet'),
    ...deploymentStrategy(spec.strategy ?? {}),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...progressDeadline(spec),
  ];
  return old === undefined
    ? errors
    : [...errors, ...immutable('spec.selector', spec.selector, old.spec.selector)];
}

function progressDeadline({ progressDeadlineSeconds: deadline, minReadySeconds = 0 }: any): FieldError[] {
  if (deadline === undefined) return [];
  const field = 'spec.progressDeadlineSeconds';
  const errors = nonNegative(field, deadline);
  if (deadline <= minReadySeconds)
    errors.push(invalidValue(field, deadline, 'must be greater than minReadySeconds'));
  return errors;
}

function deploymentStrategy(strategy: any): FieldError[] {
  const path = 'spec.strategy';
  switch (strategy.type) {
    case 'Recreate':
      return strategy.rollingUpdate === undefined
        ? []
        : [forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate':
      return rollingUpdate(strategy.rollingUpdate ?? {}, `${path}.rollingUpdate`);
    default: {
      const shown = { Type: strategy.type ?? '', RollingUpdate: strategy.rollingUpdate ?? null };
      return [notSupported(path, shown, ['Recreate', 'RollingUpdate'])];
    }
  }
}

function rollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: any, path: string): FieldError[] {
  const errors = [
    ...positiveIntOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...positiveIntOrPercent(`${path}.maxSurge`, maxSurge),
  ];
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...atMostAll(`${path}.maxUnavailable`, maxUnavailable)];
}

export function validateReplicaSet(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = object.spec ?? {};
  const errors = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...requiredSelector(spec, 'deployment'),
    ...selectedTemplate(spec, 'ReplicaSet'),
  ];
  return old === undefined
    ? errors
    : [...errors, ...immutable('spec.selector', spec.selector, old.spec.selector)];
}

export function validateReplicationController(object: KubeObject): FieldError[] {
  const spec = object.spec ?? {};
  const errors = [...nonNegative('spec.minReadySeconds', spec.minReadySeconds)];
  const selector = spec.selector ?? {};
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  errors.push(...nonNegative('spec.replicas', spec.replicas));
  if (!spec.template) return [...errors, required('spec.template')];
  const labels = spec.template.metadata?.labels;
  if (!labelSelectorMatches({ matchLabels: selector }, labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labels ?? null, mismatch));
  }
  return [...errors, ...foreverTemplate(spec, 'ReplicationController')];
}

export function validateDaemonSet(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = object.spec ?? {};
  const errors = labelSelector('spec.selector', spec.selector);
  const labels = spec.template?.metadata?.labels;
  if (selectorUsable(spec.selector) && !labelSelectorMatches(spec.selector, labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labels ?? null, mismatch));
  }
  if (spec.selector && emptySelector(spec.selector)) {
    errors.push(invalidValue('spec.selector', spec.selector, 'empty selector is invalid for daemonset'));
  }
  errors.push(
    ...foreverTemplate(spec, 'DaemonSet'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...daemonStrategy(spec.updateStrategy ?? {}),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  );
  return old === undefined
    ? errors
    : [...immutable('spec.selector', spec.selector, old.spec.selector), ...errors];
}

function daemonStrategy({ type = '', rollingUpdate: update }: any): FieldError[] {
  const path = 'spec.updateStrategy';
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') {
    return [notSupported(path, { Type: type, RollingUpdate: update ?? null }, ['RollingUpdate', 'OnDelete'])];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = update ?? {};
  const errors = [
    ...positiveIntOrPercent(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...positiveIntOrPercent(`${path}.rollingUpdate.maxSurge`, maxSurge),
  ];
  const [gone, extra] = [intOrPercentValue(maxUnavailable), intOrPercentValue(maxSurge)];
  if (gone !== 0 && extra !== 0) {
    errors.push(
      invalidValue(
        `${path}.rollingUpdate.maxSurge`,
        maxSurge,
        'may not be set when maxUnavailable is non-zero',
      ),
    );
  } else if (gone === 0 && extra === 0) {
    errors.push(required(`${path}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return [
    ...errors,
    ...atMostAll(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...atMostAll(`${path}.rollingUpdate.maxSurge`, maxSurge),
  ];
}

const statefulUpdates =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const statefulMutable = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
];

export function validateStatefulSet(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = object.spec ?? {};
  const errors = [
    ...statefulPolicies(spec),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...(spec.serviceName && old === undefined
      ? named('spec.serviceName', spec.serviceName, isDns1123Label)
      : []),
    ...requiredSelector(spec, 'statefulset'),
    ...selectedTemplate(withClaimVolumes(spec), 'StatefulSet'),
  ];
  if (old === undefined) {
    (spec.volumeClaimTemplates ?? []).forEach((claim: any, index: number) => {
      errors.push(...validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`));
    });
    return errors;
  }
  const fixed = (value: any) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => !statefulMutable.includes(key)));
  return deepEqual(fixed(spec), fixed(old.spec)) ? errors : [...errors, forbidden('spec', statefulUpdates)];
}

function statefulPolicies(spec: any): FieldError[] {
  const errors: FieldError[] = [];
  const management = spec.podManagementPolicy;
  if (management !== 'OrderedReady' && management !== 'Parallel') {
    errors.push(invalidValue('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"));
  }
  const strategy = spec.updateStrategy ?? {};
  if (strategy.type === 'OnDelete' && strategy.rollingUpdate) {
    const text = "only allowed for updateStrategy 'RollingUpdate'";
    errors.push(invalidValue('spec.updateStrategy.rollingUpdate', strategy.rollingUpdate, text));
  } else if (strategy.type !== 'OnDelete' && strategy.type !== 'RollingUpdate') {
    errors.push(invalidValue('spec.updateStrategy', strategy, "must be 'RollingUpdate' or 'OnDelete'"));
  }
  return errors;
}

/** Claim templates are volumes of the pods. */
function withClaimVolumes(spec: any): any {
  const claims: any[] = spec.volumeClaimTemplates ?? [];
  if (claims.length === 0) return spec;
  const names = claims.map((claim) => claim.metadata?.name);
  const own = (spec.template?.spec?.volumes ?? []).filter((volume: any) => !names.includes(volume.name));
  const added = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const template = { ...spec.template, spec: { ...spec.template?.spec, volumes: [...added, ...own] } };
  return { ...spec, template };
}

const statusCounts = [
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
];

/** Counts in the status of a Deployment, ReplicaSet or StatefulSet. */
export function validateReplicaStatus(object: KubeObject): FieldError[] {
  const status = object.status ?? {};
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const errors = statusCounts.flatMap((count) => nonNegative(`status.${count}`, status[count]));
  for (const count of ['fullyLabeledReplicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas']) {
    if ((status[count] ?? 0) > replicas) {
      errors.push(invalidValue(`status.${count}`, status[count], 'cannot be greater than status.replicas'));
    }
  }
  if (availableReplicas > readyReplicas) {
    errors.push(
      invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas'),
    );
  }
  return errors;
}
