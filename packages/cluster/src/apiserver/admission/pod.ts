import type { Attributes } from '../engine/attributes.ts';
import { forbidden } from '../errors.ts';

function isNewPod({ operation, served, subresource }: Attributes): boolean {
  return operation === 'CREATE' && served.resource.storage === 'pods' && subresource === '';
}

/** Resolves a pod's priority class. */
export function priority(attributes: Attributes): void {
  if (!isNewPod(attributes)) return;
  const { spec, metadata } = attributes.object!;
  const classes = attributes.core.store.collection('priorityclasses.scheduling.k8s.io');
  if (!spec.priorityClassName) {
    const fallback = [...classes.entries()].find((entry) => entry.object.globalDefault)?.object;
    if (fallback) spec.priorityClassName = fallback.metadata.name;
    spec.priority = fallback?.value ?? 0;
    spec.preemptionPolicy = fallback?.preemptionPolicy ?? 'PreemptLowerPriority';
    return;
  }
  const found = classes.get('', spec.priorityClassName)?.object;
  if (!found) {
    const why = `no PriorityClass with name ${spec.priorityClassName} was found`;
    throw forbidden({ group: '', resource: 'pods' }, metadata.name ?? '', why);
  }
  spec.priority = found.value;
  spec.preemptionPolicy = found.preemptionPolicy ?? 'PreemptLowerPriority';
}

/** Pods leave a node that is unreachable after five minutes. */
export function defaultTolerations(attributes: Attributes): void {
  const { operation, served, subresource } = attributes;
  if (served.resource.storage !== 'pods' || subresource !== '' || operation === 'DELETE') return;
  const { spec } = attributes.object!;
  spec.tolerations ??= [];
  const tolerations: any[] = spec.tolerations;
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = tolerations.some(
      (one) =>
        (one.key === key || (!one.key && one.operator === 'Exists')) &&
        (!one.effect || one.effect === 'NoExecute'),
    );
    if (!tolerated)
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
}
