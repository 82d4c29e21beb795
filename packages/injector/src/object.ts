import type { Problem, Result } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import type { InjectionConfig } from './config.ts';
import { injectPod } from './pod.ts';

type Json = Record<string, any>;

/** Where the pod template of a kind stands. */
const templates: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  DeploymentConfig: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

/**
 * Any Kubernetes object with the sidecar in its pod template; a List with it in each of its items. What holds no pods comes
 * back as it is.
 */
export function injectObject(
  object: KubeObject,
  config: InjectionConfig,
  defaultNamespace = 'default',
): Result<KubeObject> {
  if (object.kind === 'List' && Array.isArray(object.items))
    return injectList(object, config, defaultNamespace);
  const namespace = object.metadata?.namespace ?? defaultNamespace;
  if (object.kind === 'Pod') return injectPod(object, namespace, config);
  const path = templates[object.kind];
  const template = path?.reduce<Json | undefined>((value, key) => value?.[key], object);
  if (!path || !template) return { value: object, problems: [] };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    ...template,
    metadata: { ...template.metadata },
  } as KubeObject;
  const workload = { apiVersion: object.apiVersion, kind: object.kind, name: object.metadata?.name ?? '' };
  const { value, problems } = injectPod(pod, namespace, config, workload);
  const located = problems.map((problem) => locate(problem, object, path.join('.')));
  if (value === pod) return { value: object, problems: located };
  return {
    value: replaceAt(object, path, { ...template, metadata: value.metadata, spec: value.spec }) as KubeObject,
    problems: located,
  };
}

function injectList(list: KubeObject, config: InjectionConfig, namespace: string): Result<KubeObject> {
  const results = (list.items as KubeObject[]).map((item) => injectObject(item, config, namespace));
  return {
    value: { ...list, items: results.map(({ value }) => value) },
    problems: results.flatMap(({ problems }) => problems),
  };
}

function replaceAt(object: Json, path: readonly string[], value: unknown): Json {
  const [key, ...rest] = path as [string, ...string[]];
  return { ...object, [key]: rest.length === 0 ? value : replaceAt(object[key], rest, value) };
}

function locate(problem: Problem, object: KubeObject, path: string): Problem {
  const { apiVersion, kind, metadata } = object;
  const ref = { apiVersion, kind, namespace: metadata?.namespace, name: metadata?.name ?? '' };
  return { ...problem, object: ref, path: `${path}.${problem.path}` };
}
