import { type Condition, timestamp, withCondition } from '../common/conditions.ts';
import type { Remaining } from './content.ts';

/** The five conditions of a namespace that is being deleted. */
export function namespaceConditions(
  current: Condition[] | undefined,
  remaining: Remaining,
  undiscovered: readonly string[],
  now: number,
): Condition[] {
  const { counts, finalizers, failures } = remaining;
  const left = sorted(counts, (resource, count) => `${resource} has ${count} resource instances`);
  const held = sorted(finalizers, (finalizer, count) => `${finalizer} in ${count} resource instances`);
  const rows: Array<[string, string, string, string]> = [
    undiscovered.length > 0
      ? [
          'NamespaceDeletionDiscoveryFailure',
          'True',
          'DiscoveryFailed',
          `Discovery failed for some groups, ${undiscovered.length} failing: ${undiscovered.join(', ')}`,
        ]
      : [
          'NamespaceDeletionDiscoveryFailure',
          'False',
          'ResourcesDiscovered',
          'All resources successfully discovered',
        ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    failures.length > 0
      ? [
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        ]
      : [
          'NamespaceDeletionContentFailure',
          'False',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ],
    left.length > 0
      ? [
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${left.join(', ')}`,
        ]
      : ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'],
    held.length > 0
      ? [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
        ]
      : [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ],
  ];
  const lastTransitionTime = timestamp(now);
  let conditions = current ?? [];
  for (const [type, status, reason, message] of rows) {
    const next = { type, status: status as Condition['status'], reason, message, lastTransitionTime };
    const at = conditions.findIndex((condition) => condition.type === type);
    if (at < 0) conditions = withCondition(conditions, next);
    else conditions = conditions.with(at, keepTime(conditions[at]!, next));
  }
  return conditions;
}

function keepTime(current: Condition, next: Condition): Condition {
  return current.status === next.status ? { ...next, lastTransitionTime: current.lastTransitionTime } : next;
}

function sorted(counts: Map<string, number>, format: (key: string, count: number) => string): string[] {
  return [...counts]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, count]) => format(key, count));
}
