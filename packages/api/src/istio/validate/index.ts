import type { Problem } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import { Check } from './check.ts';
import { checkDestinationRule } from './destination-rule.ts';
import { checkGateway } from './gateway.ts';
import { checkServiceEntry } from './service-entry.ts';
import { checkSidecar } from './sidecar.ts';
import { checkVirtualService } from './virtual-service.ts';
import { checkWorkloadEntry, checkWorkloadGroup } from './workload-entry.ts';

const checks: Readonly<Record<string, (check: Check, object: any) => void>> = {
  VirtualService: checkVirtualService,
  DestinationRule: checkDestinationRule,
  Gateway: checkGateway,
  ServiceEntry: checkServiceEntry,
  Sidecar: checkSidecar,
  WorkloadEntry: checkWorkloadEntry,
  WorkloadGroup: checkWorkloadGroup,
};

/**
 * What Istio's own validation webhook would say of a resource, beyond its schema: errors for what it refuses, warnings for
 * what it accepts with a warning. Paths are such as `spec.http[2].route[0].destination.host`. Kinds without rules have none.
 */
export function validateIstio(object: KubeObject): Problem[] {
  const rule = object.apiVersion.includes('.istio.io/') ? checks[object.kind] : undefined;
  if (!rule) return [];
  const check = new Check();
  rule(check, object);
  const { kind, apiVersion, metadata } = object;
  const about = {
    apiVersion,
    kind,
    namespace: metadata.namespace,
    name: metadata.name ?? metadata.generateName ?? '',
  };
  return check.problems.map((problem) => ({ ...problem, object: about }));
}
