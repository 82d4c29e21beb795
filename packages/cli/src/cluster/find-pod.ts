import { type KubeClient, type KubeObject, type ResourceId, resources } from '@lateen/kube';
import { CommandError } from '../context.ts';

export interface PodName {
  readonly namespace: string;
  readonly pod: string;
}

/** The pod that `NAME`, `NAME.NAMESPACE` or `deployment/NAME` means; a Deployment stands for its first running pod. */
export async function findPod(
  client: KubeClient,
  given: string | undefined,
  namespace: string,
): Promise<PodName> {
  if (!given) throw new CommandError('which pod? give its name, name.namespace, or deployment/name', 2);
  const workload = /^(?:deploy|deployment|deployments)\/(.+)$/.exec(given);
  if (workload) return podOfDeployment(client, workload[1]!, namespace);
  for (const candidate of readings(given, namespace)) {
    const pod = await client.get(resources.pods, candidate.pod, candidate.namespace).catch(ignoreNotFound);
    if (pod) return candidate;
  }
  throw new CommandError(`pod ${given} is not in namespace ${namespace}; 'kubectl get pods -A' lists all`);
}

/** Pod names may hold dots, so the last one need not begin a namespace. */
function readings(given: string, namespace: string): PodName[] {
  const dot = given.lastIndexOf('.');
  const plain = { pod: given, namespace };
  return dot > 0 ? [{ pod: given.slice(0, dot), namespace: given.slice(dot + 1) }, plain] : [plain];
}

async function podOfDeployment(client: KubeClient, given: string, namespace: string): Promise<PodName> {
  const [target] = readings(given, namespace);
  const deployments: ResourceId = { group: 'apps', version: 'v1', resource: 'deployments' };
  const deployment = await client
    .get<KubeObject>(deployments, target!.pod, target!.namespace)
    .catch(ignoreNotFound);
  if (!deployment) throw new CommandError(`deployment ${given} is not in namespace ${target!.namespace}`);
  const labels: Record<string, string> = deployment.spec.selector?.matchLabels ?? {};
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const pods = await client.list(resources.pods, { namespace: target!.namespace, labelSelector });
  const running = pods.items.find((pod) => pod.status?.phase === 'Running');
  if (!running) throw new CommandError(`deployment ${given} has no running pod`);
  return { pod: running.metadata.name!, namespace: target!.namespace };
}

function ignoreNotFound(error: { reason?: string }): undefined {
  if (error.reason === 'NotFound') return undefined;
  throw error;
}
