import type { Component } from '@lateen/cli/cluster/daemon-client';
import type { KubeObject } from '@lateen/kube';

/** A container's process, as the node reports it; `pid` is the host's. */
export interface ContainerProcess {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly pid: number;
}

/** One component for each container of the pods, with the kind that a reader looks for. */
export function podComponents(
  pods: readonly KubeObject[],
  processes: readonly ContainerProcess[],
): Component[] {
  return pods.flatMap((pod) => {
    const { name, namespace } = pod.metadata;
    const sidecars = (pod.spec.initContainers ?? []).filter(
      (container: any) => container.restartPolicy === 'Always',
    );
    return [...(pod.spec.containers ?? []), ...sidecars].map((container: any): Component => {
      const status = containerStatus(pod, container.name);
      const process = processes.find(
        (entry) => entry.namespace === namespace && entry.pod === name && entry.container === container.name,
      );
      const waiting = status?.state?.waiting ?? status?.state?.terminated;
      return {
        name: `${name}/${container.name}`,
        kind: componentKind(pod, container.name),
        namespace: namespace!,
        pod: name!,
        pid: process?.pid ?? 0,
        ready: status?.ready === true,
        ...(pod.status?.podIP ? { address: pod.status.podIP } : {}),
        ...(status?.ready ? {} : { message: describeWaiting(waiting, pod) }),
      };
    });
  });
}

function containerStatus(pod: KubeObject, name: string): any {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return all.find((status: any) => status.name === name);
}

function describeWaiting(state: any, pod: KubeObject): string {
  if (state?.message) return `${state.reason}: ${state.message}`;
  return state?.reason ?? pod.status?.reason ?? 'not ready yet';
}

function componentKind(pod: KubeObject, container: string): Component['kind'] {
  if (container === 'istio-proxy') return 'proxy';
  const labels = pod.metadata.labels ?? {};
  const isControlPlane =
    pod.metadata.namespace === 'istio-system' && (labels.app === 'istiod' || labels.istio === 'pilot');
  return isControlPlane ? 'control-plane' : 'container';
}
