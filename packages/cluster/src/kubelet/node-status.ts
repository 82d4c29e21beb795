import { readFileSync } from 'node:fs';
import os from 'node:os';
import { isNotFound, type KubeClient, type KubeObject, resources } from '@lateen/kube';

export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly bootId: string;
}

/** What the machine has, as quantities. */
export function nodeResources(): Record<string, string> {
  const memory = Math.floor(os.totalmem() / 1024);
  return {
    cpu: String(os.cpus().length || 1),
    'ephemeral-storage': '104857600Ki',
    memory: `${memory}Ki`,
    pods: '110',
  };
}

const architectures: Record<string, string> = { x64: 'amd64' };

/** The Node object as it is created. */
export function nodeObject({ name, podCidr }: NodeFacts): KubeObject {
  const arch = architectures[process.arch] ?? process.arch;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': arch,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': arch,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node-role.kubernetes.io/control-plane': '',
      },
    },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
  };
}

/** The status that says that the node is ready for pods. */
export function nodeStatus(facts: NodeFacts, now: string, since: string): Record<string, unknown> {
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    lastHeartbeatTime: now,
    lastTransitionTime: since,
    reason,
    message,
  });
  return {
    capacity: facts.allocatable,
    allocatable: facts.allocatable,
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    addresses: [
      { type: 'InternalIP', address: facts.address },
      { type: 'Hostname', address: facts.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: facts.bootId,
      systemUUID: facts.bootId,
      bootID: facts.bootId,
      kernelVersion: os.release(),
      osImage: osName(),
      containerRuntimeVersion: 'lateen://0.1.0',
      kubeletVersion: 'v1.34.2',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: architectures[process.arch] ?? process.arch,
    },
  };
}

/** Registers the node, or brings what is registered up to date. */
export async function registerNode(client: KubeClient, facts: NodeFacts, now: string): Promise<void> {
  const existing = await client.get(resources.nodes, facts.name).catch((error) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const before = existing?.status?.conditions?.find((condition: any) => condition.type === 'Ready');
  if (!existing) await client.create(resources.nodes, nodeObject(facts));
  const since = before?.status === 'True' ? before.lastTransitionTime : now;
  const body = { status: nodeStatus(facts, now, since) };
  await client.patch(resources.nodes, facts.name, undefined, 'merge', body, { subresource: 'status' });
}

function osName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}
