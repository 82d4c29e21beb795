import type { KubeObject } from '../types.ts';

/** Guaranteed, Burstable or BestEffort, by the requests and limits of CPU and memory. */
export function podQosClass(pod: KubeObject): string {
  const containers: any[] = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const names = ['cpu', 'memory'];
  const has = (container: any, list: string, name: string) => isPositive(container.resources?.[list]?.[name]);
  const any = containers.some((container) =>
    names.some((name) => has(container, 'requests', name) || has(container, 'limits', name)),
  );
  if (!any) return 'BestEffort';
  const guaranteed = containers.every((container) =>
    names.every(
      (name) =>
        has(container, 'limits', name) &&
        (container.resources.requests?.[name] ?? container.resources.limits[name]) ===
          container.resources.limits[name],
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function isPositive(amount: string | undefined): boolean {
  return amount !== undefined && amount !== '0';
}
