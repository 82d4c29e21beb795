import { forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import { deepEqual } from '../../patch/json.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { isDns1123Subdomain, isPathSegment } from '../../validation/names.ts';
import {
  atMostAll,
  immutable,
  labelSelector,
  named,
  nonNegative,
  optionalOneOf,
  positiveIntOrPercent,
} from './rules.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/** Rules of a Role, or of a ClusterRole. */
export function validateRole(role: KubeObject): FieldError[] {
  const namespaced = role.kind === 'Role';
  const rules: any[] = role.rules ?? [];
  return rules.flatMap((rule, index) => policyRule(rule, namespaced, `rules[${index}]`));
}

function policyRule(rule: any, namespaced: boolean, path: string): FieldError[] {
  const errors = rule.verbs?.length
    ? []
    : [required(`${path}.verbs`, 'verbs must contain at least one value')];
  const urls: string[] = rule.nonResourceURLs ?? [];
  const field = `${path}.nonResourceURLs`;
  if (urls.length > 0) {
    if (namespaced)
      errors.push(invalidValue(field, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (['apiGroups', 'resources', 'resourceNames'].some((list) => rule[list]?.length > 0)) {
      errors.push(
        invalidValue(field, urls, 'rules cannot apply to both regular resources and non-resource URLs'),
      );
    }
    return errors;
  }
  if (!rule.apiGroups?.length)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!rule.resources?.length)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

export function validateRoleBinding(binding: KubeObject, old?: KubeObject): FieldError[] {
  const namespaced = binding.kind === 'RoleBinding';
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {};
  const errors: FieldError[] = [];
  if (apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]));
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  errors.push(...(name === '' ? [required('roleRef.name')] : named('roleRef.name', name, isPathSegment)));
  const subjects: any[] = binding.subjects ?? [];
  errors.push(
    ...subjects.flatMap((subject, index) => bindingSubject(subject, namespaced, `subjects[${index}]`)),
  );
  if (old !== undefined && !deepEqual(binding.roleRef, old.roleRef)) {
    errors.push(
      invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef'),
    );
  }
  return errors;
}

function bindingSubject(
  { kind = '', name = '', namespace = '', apiGroup = '' }: any,
  namespaced: boolean,
  path: string,
): FieldError[] {
  const errors = name === '' ? [required(`${path}.name`)] : [];
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.push(...named(`${path}.name`, name, isDns1123Subdomain));
    if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
    if (!namespaced && namespace === '') errors.push(required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
  } else errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}

export function validateDisruptionBudget(budget: KubeObject): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = budget.spec ?? {};
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    };
    errors.push(invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    errors.push(...positiveIntOrPercent(`spec.${field}`, value), ...atMostAll(`spec.${field}`, value));
  }
  errors.push(...labelSelector('spec.selector', selector));
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  return [
    ...errors,
    ...optionalOneOf('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, policies),
  ];
}

export function validateAutoscaler(scaler: KubeObject): FieldError[] {
  const spec = scaler.spec ?? {};
  const { minReplicas, maxReplicas = 0 } = spec;
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  }
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(
      invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'),
    );
  }
  errors.push(...scaleTarget(spec.scaleTargetRef ?? {}));
  const metrics: any[] = spec.metrics ?? [];
  return [...errors, ...metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`))];
}

function scaleTarget({ kind, name, apiVersion = '' }: any): FieldError[] {
  const path = 'spec.scaleTargetRef';
  const errors = [
    ...(kind ? named(`${path}.kind`, kind, isPathSegment) : [required(`${path}.kind`)]),
    ...(name ? named(`${path}.name`, name, isPathSegment) : [required(`${path}.name`)]),
  ];
  const core = kind === 'ReplicationController' && apiVersion === 'v1';
  if (apiVersion.includes('/') || core) return errors;
  return [...errors, invalidValue(`${path}.apiVersion`, apiVersion, 'apiVersion must specify API group')];
}

const metricSources: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

function validateMetric(metric: any, path: string): FieldError[] {
  const { type = '' } = metric;
  const expected = metricSources[type];
  if (type === '') return [required(`${path}.type`, 'must specify a metric source type')];
  if (expected === undefined) return [notSupported(`${path}.type`, type, Object.keys(metricSources))];
  const text = 'must populate information for the given metric source';
  const errors = metric[expected] === undefined ? [required(`${path}.${expected}`, text)] : [];
  const others = Object.values(metricSources).filter(
    (source) => source !== expected && metric[source] !== undefined,
  );
  return [
    ...errors,
    ...others.map((source) => forbidden(`${path}.${source}`, 'must populate the given metric source only')),
  ];
}

export function validateLease(lease: KubeObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions, strategy, preferredHolder } = lease.spec ?? {};
  const errors: FieldError[] = [];
  if (duration !== undefined && duration <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  errors.push(...nonNegative('spec.leaseTransitions', leaseTransitions));
  if (preferredHolder && !strategy) {
    errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
  }
  return errors;
}

const systemClasses: ReadonlySet<string> = new Set(['system-node-critical', 'system-cluster-critical']);
const highestUserPriority = 1_000_000_000;

export function validatePriorityClass(object: KubeObject, old?: KubeObject): FieldError[] {
  const { name = '' } = object.metadata;
  const { value = 0, preemptionPolicy } = object;
  if (old !== undefined) {
    const errors = value === (old.value ?? 0) ? [] : [forbidden('value', 'may not be changed in an update.')];
    return [...errors, ...immutable('preemptionPolicy', preemptionPolicy, old.preemptionPolicy)];
  }
  const errors: FieldError[] = [];
  if (name.startsWith('system-') && !systemClasses.has(name)) {
    const text = `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`;
    errors.push(forbidden('metadata.name', text));
  } else if (!name.startsWith('system-') && value > highestUserPriority) {
    errors.push(
      forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`),
    );
  }
  return [
    ...errors,
    ...optionalOneOf('preemptionPolicy', preemptionPolicy, ['Never', 'PreemptLowerPriority']),
  ];
}

export function validateStorageClass(object: KubeObject, old?: KubeObject): FieldError[] {
  const errors = object.provisioner ? [] : [required('provisioner')];
  if (old === undefined) return errors;
  const changed = ['parameters', 'provisioner'].filter(
    (field) => !deepEqual(object[field] ?? {}, old[field] ?? {}),
  );
  errors.push(...changed.map((field) => forbidden(field, `updates to ${field} are forbidden.`)));
  return [
    ...errors,
    ...immutable('reclaimPolicy', object.reclaimPolicy, old.reclaimPolicy),
    ...immutable('volumeBindingMode', object.volumeBindingMode, old.volumeBindingMode),
  ];
}

export function validateSigningRequest(object: KubeObject): FieldError[] {
  const { request = '', signerName = '', usages = [] } = object.spec ?? {};
  const errors: FieldError[] = [];
  const pem = Buffer.from(request, 'base64').toString();
  if (!pem.includes('-----BEGIN CERTIFICATE REQUEST-----')) {
    errors.push(invalidValue('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST'));
  }
  if (usages.length === 0) errors.push(required('spec.usages'));
  if (signerName === '') errors.push(required('spec.signerName'));
  return errors;
}
