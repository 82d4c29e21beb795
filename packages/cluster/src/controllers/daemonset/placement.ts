import type { KubeObject } from '@lateen/kube';

/** Troubles of a node that its daemons put up with. */
const tolerated: ReadonlyArray<readonly [string, string]> = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
];

/** Makes the scheduler bind the pod to this node and no other. */
export function pinToNode(pod: KubeObject, node: string): void {
  const { spec } = pod;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    ?.nodeSelectorTerms ?? [{}];
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  spec.affinity = {
    ...spec.affinity,
    nodeAffinity: {
      ...spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((term: object) => ({ ...term, matchFields })),
      },
    },
  };
  const added = tolerated.map(([key, effect]) => ({ key, operator: 'Exists', effect }));
  spec.tolerations = [...(spec.tolerations ?? []), ...added];
}

/** The node a daemon's pod is bound to, or will be. */
export function runsOnNode({ spec }: KubeObject): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    for (const { key, values } of matchFields) if (key === 'metadata.name') return values?.[0];
  }
  return undefined;
}
