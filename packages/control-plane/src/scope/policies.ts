import type { DestinationPolicy } from '../ir/destination.ts';
import { covers, moreSpecific } from '../ir/host.ts';
import type { ProxyNode } from '../ir/node.ts';
import type { Service } from '../ir/service.ts';
import { includesLabels, isVisible } from './visibility.ts';
import type { PolicyIndexLike } from './world.ts';

/** Policies by namespace, those of one host merged; given oldest first. */
export function indexPolicies(policies: readonly DestinationPolicy[]): PolicyIndexLike {
  const byNamespace = new Map<string, DestinationPolicy[]>();
  for (const policy of policies) {
    const list = byNamespace.get(policy.namespace) ?? [];
    byNamespace.set(policy.namespace, list);
    const same = list.findIndex((other) => canMerge(other, policy));
    if (same < 0) list.push(policy);
    else list[same] = merge(list[same]!, policy);
  }
  return { byNamespace };
}

function canMerge(a: DestinationPolicy, b: DestinationPolicy): boolean {
  if (a.host !== b.host || a.workloadSelector || b.workloadSelector) return false;
  return [...a.exportTo].sort().join() === [...b.exportTo].sort().join();
}

/** The older one's policy and subsets win; the newer one fills what is missing. */
function merge(older: DestinationPolicy, newer: DestinationPolicy): DestinationPolicy {
  const names = new Set(older.subsets.map((subset) => subset.name));
  return {
    ...older,
    policy: older.policy ?? newer.policy,
    subsets: [...older.subsets, ...newer.subsets.filter((subset) => !names.has(subset.name))],
  };
}

/**
 * The policy for `service` as seen by `node`: its own namespace's first, then that of the service's, then the root's. Within
 * a namespace the most specific host wins, and one that selects the workload beats one that selects all.
 */
export function policyFor(
  index: PolicyIndexLike,
  node: ProxyNode,
  service: Service,
  root: string,
): DestinationPolicy | undefined {
  const places =
    node.namespace === root ? [service.namespace, root] : [node.namespace, service.namespace, root];
  for (const place of places) {
    const own = place === node.namespace && place !== root;
    const found = best(index.byNamespace.get(place) ?? [], node, service.host, own);
    if (found) return found;
  }
  return undefined;
}

function best(
  policies: readonly DestinationPolicy[],
  node: ProxyNode,
  host: string,
  own: boolean,
): DestinationPolicy | undefined {
  const fitting = policies.filter(
    (policy) =>
      covers(policy.host, host) &&
      (own || isVisible(policy.exportTo, policy.namespace, node.namespace)) &&
      (!policy.workloadSelector ||
        (policy.namespace === node.namespace && includesLabels(node.labels, policy.workloadSelector))),
  );
  fitting.sort(
    (a, b) =>
      moreSpecific(a.host, b.host) ||
      Number(b.workloadSelector !== undefined) - Number(a.workloadSelector !== undefined),
  );
  return fitting[0];
}
