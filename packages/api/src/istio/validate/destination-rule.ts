import type { DestinationRule } from '../destination-rule.ts';
import type { Check } from './check.ts';
import { isSubsetName } from './destination.ts';
import { checkExportTo, checkLabels, wildcardFault } from './names.ts';
import { checkTrafficPolicy } from './traffic-policy.ts';

export function checkDestinationRule(check: Check, object: DestinationRule): void {
  const spec = object.spec ?? {};
  const fault = wildcardFault(spec.host ?? '');
  if (fault) check.error('spec.host', fault);
  checkTrafficPolicy(check, spec.trafficPolicy, 'spec.trafficPolicy');
  check.each(spec.subsets, 'spec.subsets', (subset, at) => {
    if (!subset) {
      check.error(at, 'must not be null');
      return;
    }
    if (!isSubsetName(subset.name ?? ''))
      check.error(
        `${at}.name`,
        `"${subset.name ?? ''}" is no subset name: lower-case letters, digits and - are allowed`,
      );
    checkLabels(check, subset.labels, `${at}.labels`);
    checkTrafficPolicy(check, subset.trafficPolicy, `${at}.trafficPolicy`);
  });
  check.unique(
    (spec.subsets ?? []).map((subset) => subset?.name ?? ''),
    'spec.subsets',
    'subset',
  );
  const withSelector = spec.workloadSelector !== undefined && spec.workloadSelector !== null;
  checkExportTo(check, spec.exportTo, 'spec.exportTo', {
    namespace: object.metadata.namespace ?? '',
    withSelector,
  });
  if (withSelector && Object.keys(spec.workloadSelector?.matchLabels ?? {}).length === 0) {
    check.warning('spec.workloadSelector', 'is empty and selects every workload of the namespace');
  }
  checkLabels(check, spec.workloadSelector?.matchLabels, 'spec.workloadSelector.matchLabels');
}
