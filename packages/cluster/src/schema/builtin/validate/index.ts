import { validateCrd } from '../../crd/validate.ts';
import type { FieldError, GroupVersionKind, KubeObject } from '../../types.ts';
import { finalizerName, validateObjectMeta } from '../../validation/metadata.ts';
import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isPathSegment } from '../../validation/names.ts';
import { validateClaim, validateVolume } from './claims.ts';
import * as core from './core.ts';
import { validateCronJob, validateJob } from './jobs.ts';
import { validateIngress, validateIngressClass, validateNetworkPolicy } from './networking.ts';
import { validatePod } from './pod.ts';
import * as policies from './policies.ts';
import type { Rule } from './rules.ts';
import { validateService } from './service.ts';
import { validateWebhooks } from './webhooks.ts';
import * as workloads from './workloads.ts';

type Validator = (object: KubeObject, old?: KubeObject) => FieldError[];

const validators: Readonly<Record<string, Validator>> = {
  '/Pod': validatePod,
  '/Service': validateService,
  '/ConfigMap': core.validateConfigMap,
  '/Secret': core.validateSecret,
  '/Namespace': core.validateNamespace,
  '/Node': core.validateNode,
  '/Endpoints': core.validateEndpoints,
  '/Event': core.validateEvent,
  '/ResourceQuota': core.validateResourceQuota,
  '/LimitRange': core.validateLimitRange,
  '/PersistentVolumeClaim': validateClaim,
  '/ReplicationController': workloads.validateReplicationController,
  '/PersistentVolume': validateVolume,
  'networking.k8s.io/IngressClass': validateIngressClass,
  'certificates.k8s.io/CertificateSigningRequest': policies.validateSigningRequest,
  'apps/Deployment': workloads.validateDeployment,
  'apps/ReplicaSet': workloads.validateReplicaSet,
  'apps/StatefulSet': workloads.validateStatefulSet,
  'apps/DaemonSet': workloads.validateDaemonSet,
  'batch/Job': validateJob,
  'batch/CronJob': validateCronJob,
  'autoscaling/HorizontalPodAutoscaler': policies.validateAutoscaler,
  'coordination.k8s.io/Lease': policies.validateLease,
  'discovery.k8s.io/EndpointSlice': core.validateEndpointSlice,
  'networking.k8s.io/Ingress': validateIngress,
  'networking.k8s.io/NetworkPolicy': validateNetworkPolicy,
  'policy/PodDisruptionBudget': policies.validateDisruptionBudget,
  'rbac.authorization.k8s.io/Role': policies.validateRole,
  'rbac.authorization.k8s.io/ClusterRole': policies.validateRole,
  'rbac.authorization.k8s.io/RoleBinding': policies.validateRoleBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': policies.validateRoleBinding,
  'scheduling.k8s.io/PriorityClass': policies.validatePriorityClass,
  'storage.k8s.io/StorageClass': policies.validateStorageClass,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': validateWebhooks,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': validateWebhooks,
  'apiextensions.k8s.io/CustomResourceDefinition': validateCrd,
};

/** Rules for names other than the RFC 1123 subdomain. */
const nameRules: Readonly<Record<string, Rule>> = {
  '/Service': isDns1035Label,
  '/Namespace': isDns1123Label,
  'apps/StatefulSet': isDns1123Label,
  'rbac.authorization.k8s.io/Role': isPathSegment,
  'rbac.authorization.k8s.io/ClusterRole': isPathSegment,
  'rbac.authorization.k8s.io/RoleBinding': isPathSegment,
  'rbac.authorization.k8s.io/ClusterRoleBinding': isPathSegment,
  'apiregistration.k8s.io/APIService': isPathSegment,
  'networking.k8s.io/IPAddress': () => [],
};

/** Groups that take finalizers without a domain. */
const plainFinalizers: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'coordination.k8s.io',
]);

/** Kinds whose status has rules of its own. */
const statusValidators: Readonly<Record<string, Validator>> = {
  'apps/Deployment': workloads.validateReplicaStatus,
  'apps/ReplicaSet': workloads.validateReplicaStatus,
  'apps/StatefulSet': workloads.validateReplicaStatus,
};

/** Kinds that are asked and answered, never stored: their names do not matter. */
const transient: ReadonlySet<string> = new Set([
  'TokenReview',
  'TokenRequest',
  'SubjectAccessReview',
  'LocalSubjectAccessReview',
  'SelfSubjectAccessReview',
  'SelfSubjectRulesReview',
  'SelfSubjectReview',
  'Eviction',
  'Binding',
  'Scale',
  'DeleteOptions',
]);

/** All causes against an object of a built-in kind; `subresource` `status` looks at status alone. */
export function validateBuiltin(
  gvk: GroupVersionKind,
  namespaced: boolean,
  object: KubeObject,
  old?: KubeObject,
  subresource?: string,
): FieldError[] {
  if (transient.has(gvk.kind)) return [];
  const key = `${gvk.group}/${gvk.kind}`;
  const meta = [
    ...validateObjectMeta(object, namespaced, old, nameRules[key] ?? isDns1123Subdomain),
    ...(plainFinalizers.has(gvk.group) ? [] : (object.metadata.finalizers ?? [])).flatMap((name, index) =>
      finalizerName(name, `metadata.finalizers[${index}]`),
    ),
  ];
  const validator = subresource === 'status' ? statusValidators[key] : validators[key];
  if (validator === undefined) return meta;
  return [...meta, ...validator(withoutNulls(object), old === undefined ? undefined : withoutNulls(old))];
}

/** Nulls stand where Go writes nil; to validation they are absent. */
function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)])) as T;
}
