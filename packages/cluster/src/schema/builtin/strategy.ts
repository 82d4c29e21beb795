import { deepEqual } from '../patch/json.ts';
import type { CompiledVersion, KindSchema, KubeObject } from '../types.ts';
import { keepAllocated, normaliseClusterIps } from './allocated.ts';
import { podQosClass } from './qos.ts';

/** What of an object counts for metadata.generation. */
type Generation = 'spec' | 'spec and annotations' | 'content' | 'none';

interface Strategy {
  readonly generation: Generation;
  /** Whether status is for the status subresource only. */
  readonly status: boolean;
}

const strategies: Readonly<Record<string, Strategy>> = {
  '/Pod': { generation: 'spec', status: true },
  '/Service': { generation: 'none', status: true },
  '/Namespace': { generation: 'none', status: true },
  '/Node': { generation: 'none', status: true },
  '/PersistentVolume': { generation: 'none', status: true },
  '/PersistentVolumeClaim': { generation: 'none', status: true },
  '/ReplicationController': { generation: 'spec', status: true },
  '/ResourceQuota': { generation: 'none', status: true },
  '/PodTemplate': { generation: 'content', status: false },
  'apps/Deployment': { generation: 'spec and annotations', status: true },
  'apps/ReplicaSet': { generation: 'spec', status: true },
  'apps/StatefulSet': { generation: 'spec', status: true },
  'apps/DaemonSet': { generation: 'spec', status: true },
  'batch/Job': { generation: 'spec', status: true },
  'batch/CronJob': { generation: 'spec', status: true },
  'autoscaling/HorizontalPodAutoscaler': { generation: 'none', status: true },
  'networking.k8s.io/Ingress': { generation: 'spec', status: true },
  'networking.k8s.io/NetworkPolicy': { generation: 'spec', status: false },
  'networking.k8s.io/IngressClass': { generation: 'spec', status: false },
  'networking.k8s.io/ServiceCIDR': { generation: 'none', status: true },
  'policy/PodDisruptionBudget': { generation: 'spec', status: true },
  'discovery.k8s.io/EndpointSlice': { generation: 'content', status: false },
  'scheduling.k8s.io/PriorityClass': { generation: 'content', status: false },
  'certificates.k8s.io/CertificateSigningRequest': { generation: 'none', status: true },
  'flowcontrol.apiserver.k8s.io/FlowSchema': { generation: 'spec', status: true },
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': { generation: 'spec', status: true },
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': { generation: 'content', status: false },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': { generation: 'content', status: false },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': { generation: 'spec', status: true },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': { generation: 'spec', status: false },
  'apiextensions.k8s.io/CustomResourceDefinition': { generation: 'spec', status: true },
  'apiregistration.k8s.io/APIService': { generation: 'none', status: true },
  'resource.k8s.io/ResourceClaim': { generation: 'none', status: true },
  'storage.k8s.io/VolumeAttachment': { generation: 'none', status: true },
};

const plain: Strategy = { generation: 'none', status: false };

function strategyOf(kind: KindSchema): Strategy {
  if (kind.custom) return { generation: 'content', status: (kind as CompiledVersion).hasStatus };
  return strategies[`${kind.gvk.group}/${kind.gvk.kind}`] ?? plain;
}

/** Whether status is written through the status subresource only. */
export function hasStatus(kind: KindSchema): boolean {
  return strategyOf(kind).status;
}

/** Kinds whose status may be given when they are created. */
const statusOnCreate: ReadonlySet<string> = new Set(['/Node', '/Pod']);

/**
 * What the registry does to a new object: drops status, sets generation 1 where the kind has one, sets a pod's phase
 * and QoS class, a namespace's phase and finalizer. In place. Sets no uid, time or resource version.
 */
export function prepareForCreate(kind: KindSchema, object: KubeObject): KubeObject {
  const strategy = strategyOf(kind);
  const key = `${kind.gvk.group}/${kind.gvk.kind}`;
  if (strategy.generation === 'none' && !kind.custom) delete object.metadata.generation;
  else object.metadata.generation = 1;
  if (strategy.status && (kind.custom || !statusOnCreate.has(key))) dropStatus(kind, object);
  initialise(key, object);
  return object;
}

function dropStatus(kind: KindSchema, object: KubeObject): void {
  if (kind.custom || object.status === undefined) delete object.status;
  else object.status = emptyStatus(kind);
}

/** What Go writes for a status that nobody set. */
function emptyStatus(kind: KindSchema): unknown {
  return kind.gvk.kind === 'Service' || kind.gvk.kind === 'Ingress' ? { loadBalancer: {} } : {};
}

function initialise(key: string, object: KubeObject): void {
  switch (key) {
    case '/Pod':
      object.status = { phase: 'Pending', qosClass: podQosClass(object) };
      break;
    case '/Service':
      normaliseClusterIps(object);
      break;
    case '/Namespace':
      object.status = { phase: 'Active' };
      object.spec = {
        ...object.spec,
        finalizers: [...new Set([...(object.spec?.finalizers ?? []), 'kubernetes'])],
      };
      break;
    case '/PersistentVolume':
    case '/PersistentVolumeClaim':
      object.status = { phase: 'Pending' };
      break;
    case 'batch/Job':
      generateSelector(object);
      break;
    case 'policy/PodDisruptionBudget':
      object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
      break;
    case 'autoscaling/HorizontalPodAutoscaler':
      object.status = { desiredReplicas: 0, currentMetrics: null };
      if (object.apiVersion === 'autoscaling/v1') object.status = { currentReplicas: 0, desiredReplicas: 0 };
      break;
    case 'apps/ReplicaSet':
    case '/ReplicationController':
      object.status = { replicas: 0 };
      break;
    case 'apps/StatefulSet':
      object.status = { replicas: 0, availableReplicas: 0 };
      break;
    case 'apps/DaemonSet':
      object.status = {
        currentNumberScheduled: 0,
        numberMisscheduled: 0,
        desiredNumberScheduled: 0,
        numberReady: 0,
      };
      object.metadata.annotations = {
        ...object.metadata.annotations,
        'deprecated.daemonset.template.generation': '1',
      };
      break;
    default:
  }
}

/** A job selects its pods by its own uid, unless its author chose the selector. */
function generateSelector(job: KubeObject): void {
  const { spec } = job;
  const { uid = '', name = '' } = job.metadata;
  spec.template.metadata ??= {};
  const labels = { ...spec.template.metadata.labels };
  if (spec.manualSelector !== true) {
    spec.selector = { ...spec.selector };
    spec.selector.matchLabels = { ...spec.selector.matchLabels, 'batch.kubernetes.io/controller-uid': uid };
    for (const prefix of ['batch.kubernetes.io/', '']) {
      labels[`${prefix}controller-uid`] ??= uid;
      labels[`${prefix}job-name`] ??= name;
    }
  }
  if (Object.keys(labels).length === 0) return;
  spec.template.metadata.labels = labels;
  job.metadata.labels ??= { ...labels };
}

/**
 * What the registry does to an update: keeps status (or, for subresource `status`, everything else), raises generation
 * when the kind's rule says so, and keeps addresses and ports that a Service was given. In place.
 */
export function prepareForUpdate(
  kind: KindSchema,
  object: KubeObject,
  old: KubeObject,
  subresource?: string,
): KubeObject {
  const strategy = strategyOf(kind);
  if (old.metadata.generation === undefined) delete object.metadata.generation;
  else object.metadata.generation = old.metadata.generation;
  if (subresource === 'status') return keepAllButStatus(kind, object, old);
  if (subresource === 'finalize') return object;
  if (strategy.status) copyField(object, old, 'status');
  const key = `${kind.gvk.group}/${kind.gvk.kind}`;
  if (key === '/Namespace') object.spec = structuredClone(old.spec);
  if (key === '/Service') keepAllocated(object, old);
  if (contentChanged(strategy.generation, object, old)) raiseGeneration(kind, object, old);
  return object;
}

function raiseGeneration(kind: KindSchema, object: KubeObject, old: KubeObject): void {
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  const templateChanged = !deepEqual(object.spec?.template, old.spec?.template);
  if (kind.gvk.kind !== 'DaemonSet' || !templateChanged) return;
  const annotation = 'deprecated.daemonset.template.generation';
  const generation = Number(old.metadata.annotations?.[annotation] ?? 0) + 1;
  object.metadata.annotations = { ...object.metadata.annotations, [annotation]: String(generation) };
}

function copyField(object: KubeObject, old: KubeObject, field: string): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = structuredClone(old[field]);
}

function keepAllButStatus(kind: KindSchema, object: KubeObject, old: KubeObject): KubeObject {
  for (const field of Object.keys({ ...object, ...old })) {
    if (field !== 'status' && field !== 'metadata') copyField(object, old, field);
  }
  const { managedFields } = object.metadata;
  if (kind.custom || metadataNotByStatus.has(kind.gvk.kind)) object.metadata = structuredClone(old.metadata);
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
  if (kind.gvk.kind === 'Deployment') keepMeta(object, old, 'labels');
  if (kind.gvk.kind === 'Pod') keepPodStatus(object, old);
  return object;
}

/** Kinds whose status subresource writes no metadata. */
const metadataNotByStatus: ReadonlySet<string> = new Set([
  'CustomResourceDefinition',
  'VolumeAttachment',
  'ServiceCIDR',
]);

function keepMeta(object: KubeObject, old: KubeObject, field: 'labels' | 'ownerReferences'): void {
  if (old.metadata[field] === undefined) delete object.metadata[field];
  else object.metadata[field] = structuredClone(old.metadata[field]) as any;
}

function keepPodStatus(pod: KubeObject, old: KubeObject): void {
  keepMeta(pod, old, 'ownerReferences');
  if (!pod.status?.qosClass && old.status?.qosClass)
    pod.status = { ...pod.status, qosClass: old.status.qosClass };
}

function contentChanged(generation: Generation, object: KubeObject, old: KubeObject): boolean {
  switch (generation) {
    case 'none':
      return false;
    case 'content':
      return !deepEqual(content(object), content(old));
    case 'spec and annotations':
      if (!deepEqual(object.metadata.annotations ?? {}, old.metadata.annotations ?? {})) return true;
      return !deepEqual(object.spec, old.spec);
    default:
      return !deepEqual(object.spec, old.spec);
  }
}

function content({ metadata: _metadata, status: _status, ...rest }: KubeObject): unknown {
  return rest;
}
