import type { KubeObject } from '@lateen/kube/types';
import { sidecar, statusAnnotation } from './annotations.ts';

const never = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);

export const proxyContainer = 'istio-proxy';

function hasProxy({ spec }: KubeObject): boolean {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return all.some((container: any) => container.name === proxyContainer);
}

/** True of a pod that has been through injection. */
export function isInjected(pod: KubeObject): boolean {
  return pod.metadata.annotations?.[statusAnnotation] !== undefined && hasProxy(pod);
}

/** Whether a pod may have a sidecar: the label says more than the annotation, pods of the host's network never have one. */
export function wantsSidecar(pod: KubeObject, namespace: string): boolean {
  if (never.has(namespace) || pod.spec?.hostNetwork === true) return false;
  const { labels = {}, annotations = {} } = pod.metadata;
  const said = labels[sidecar('inject')] ?? annotations[sidecar('inject')];
  return said === undefined || !/^(false|0|f|n|no|off)$/i.test(said);
}
