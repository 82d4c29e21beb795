import type { DestinationRule } from '@lateen/api/istio/destination-rule';
import type { Result } from '@lateen/kit';
import type { DestinationPolicy } from '../../ir/destination.ts';
import type { MeshSettings } from '../../ir/mesh.ts';
import { Compiling } from '../context.ts';
import { compilePolicy } from './policy.ts';

/** A DestinationRule as a policy, before those of the same host are merged. */
export function compileDestinationRule(
  object: DestinationRule,
  mesh: MeshSettings,
): Result<DestinationPolicy> {
  const to = new Compiling(object, mesh);
  const spec = object.spec ?? {};
  const value: DestinationPolicy = {
    host: to.host(spec.host),
    name: to.origin.name,
    namespace: to.origin.namespace,
    created: to.created,
    exportTo: spec.exportTo?.length ? spec.exportTo : mesh.defaultExportTo.destinationRule,
    workloadSelector: spec.workloadSelector?.matchLabels,
    policy: spec.trafficPolicy && compilePolicy(spec.trafficPolicy, 'spec.trafficPolicy', to),
    subsets: (spec.subsets ?? []).map((subset, index) => ({
      name: subset.name ?? '',
      labels: subset.labels ?? {},
      policy:
        subset.trafficPolicy &&
        compilePolicy(subset.trafficPolicy, `spec.subsets[${index}].trafficPolicy`, to),
      origin: to.at(`spec.subsets[${index}]`),
    })),
    origin: to.origin,
  };
  return { value, problems: to.problems };
}
