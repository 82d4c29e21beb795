import { defaultCrd } from '../../crd/definition.ts';
import { decodeAs } from '../../decode/go.ts';
import type { GroupVersionKind, KubeObject, SchemaNode } from '../../types.ts';
import * as core from './core.ts';
import { defaultPod } from './pod.ts';
import { setDefault } from './set.ts';
import * as workloads from './workloads.ts';

const defaulters: Readonly<Record<string, (object: any) => void>> = {
  '/Pod': defaultPod,
  '/PodTemplate': workloads.defaultPodTemplate,
  '/Service': core.defaultService,
  '/Endpoints': core.defaultEndpoints,
  '/Namespace': core.defaultNamespace,
  '/Node': core.defaultNode,
  '/PersistentVolume': core.defaultPersistentVolume,
  '/PersistentVolumeClaim': core.defaultClaim,
  '/LimitRange': core.defaultLimitRange,
  '/ReplicationController': workloads.defaultReplicationController,
  '/Secret': core.defaultSecret,
  'apps/Deployment': workloads.defaultDeployment,
  'apps/ReplicaSet': workloads.defaultReplicaSet,
  'apps/StatefulSet': workloads.defaultStatefulSet,
  'apps/DaemonSet': workloads.defaultDaemonSet,
  'batch/Job': workloads.defaultJob,
  'batch/CronJob': workloads.defaultCronJob,
  'autoscaling/HorizontalPodAutoscaler': workloads.defaultAutoscaler,
  'discovery.k8s.io/EndpointSlice': core.defaultEndpointSlice,
  'networking.k8s.io/NetworkPolicy': core.defaultNetworkPolicy,
  'networking.k8s.io/IngressClass': core.defaultIngressClass,
  'rbac.authorization.k8s.io/RoleBinding': core.defaultBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': core.defaultBinding,
  'storage.k8s.io/StorageClass': core.defaultStorageClass,
  'storage.k8s.io/CSIDriver': core.defaultCsiDriver,
  'scheduling.k8s.io/PriorityClass': (object) =>
    setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority'),
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': core.defaultWebhooks,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': core.defaultWebhooks,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': core.defaultAdmissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': core.defaultAdmissionBinding,
  'apiextensions.k8s.io/CustomResourceDefinition': (crd) => {
    defaultCrd(crd);
  },
  'apiregistration.k8s.io/APIService': core.defaultApiService,
};

/** Fills in what kube-apiserver fills in; in place, with the fields in the order of their declaration. */
export function applyBuiltinDefaults(
  gvk: GroupVersionKind,
  root: SchemaNode,
  object: KubeObject,
): KubeObject {
  const defaulter = defaulters[`${gvk.group}/${gvk.kind}`];
  if (defaulter === undefined) return object;
  defaulter(object);
  const { value, error } = decodeAs(root, object, new Map());
  if (error !== undefined) return object;
  for (const key of Object.keys(object)) delete object[key];
  return Object.assign(object, value);
}
