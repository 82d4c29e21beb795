import { type KubeObject, matchesRequirements, type Requirement } from '@lateen/kube';
import { isConditionTrue } from '../common/conditions.ts';

/** Why a pod cannot run on a node; undefined when it can. */
export function misfit(pod: KubeObject, node: KubeObject): string | undefined {
  const reason = misplaced(pod, node);
  if (reason) return reason;
  return isConditionTrue(node.status?.conditions, 'Ready') ? undefined : '1 node(s) were not ready';
}

/** Why a pod does not belong on a node, whether or not the node works now. */
export function misplaced(pod: KubeObject, node: KubeObject): string | undefined {
  const taints: any[] = (node.spec?.taints ?? []).filter(({ effect }: any) => effect !== 'PreferNoSchedule');
  if (node.spec?.unschedulable && !tolerates(pod, unschedulableTaint)) return '1 node(s) were unschedulable';
  if (taints.some((taint) => !tolerates(pod, taint))) return '1 node(s) had untolerated taint(s)';
  if (!matchesNodeSelector(pod, node)) return "1 node(s) didn't match Pod's node affinity/selector";
  return undefined;
}

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

function tolerates(pod: KubeObject, taint: any): boolean {
  return (pod.spec.tolerations ?? []).some((toleration: any) => {
    if (toleration.effect && toleration.effect !== taint.effect) return false;
    if (!toleration.key) return toleration.operator === 'Exists';
    if (toleration.key !== taint.key) return false;
    return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
  });
}

function matchesNodeSelector(pod: KubeObject, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {}))
    if (labels[key] !== value) return false;
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return !terms || terms.some((term: any) => matchesTerm(term, node));
}

function matchesTerm(term: any, node: KubeObject): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': node.metadata.name! };
  return (
    matchesRequirements(matchExpressions.map(requirement), node.metadata.labels) &&
    matchesRequirements(matchFields.map(requirement), fields)
  );
}

function requirement({ key, operator, values }: any): Requirement {
  const operators: Record<string, Requirement['operator']> = {
    In: 'in',
    NotIn: 'notin',
    Exists: 'exists',
    DoesNotExist: '!',
    Gt: 'gt',
    Lt: 'lt',
  };
  return { key, operator: operators[operator] ?? 'in', values: values ?? [] };
}
