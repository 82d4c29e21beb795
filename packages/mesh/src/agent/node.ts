import type { AgentOptions, Environment } from './options.ts';

/** What the agent finds out about its pod. */
export interface PodFacts {
  readonly env: Environment;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** True where the listeners see real original destinations: the pod's two nested namespaces. */
  readonly capturedByRules: boolean;
}

export interface AgentNode {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const version = '1.31.0';

/** Environment variables `ISTIO_META_X`, and the JSON in `ISTIO_METAJSON_X`, as metadata. */
function environmentMetadata(env: Environment): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (name.startsWith('ISTIO_META_')) metadata[name.slice(11)] = value;
    else if (name.startsWith('ISTIO_METAJSON_')) Object.assign(metadata, parseObject(value));
  }
  return metadata;
}

function parseObject(json: string): object {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function labelsOf({ env, labels }: PodFacts): Record<string, unknown> {
  return Object.keys(labels).length > 0 ? labels : { ...parseObject(env.ISTIO_METAJSON_LABELS ?? '') };
}

/** Who this proxy is to the control plane, in the words of Istio's agent. */
export function describeNode(options: AgentOptions, facts: PodFacts): AgentNode {
  const { env } = facts;
  const [pod, namespace, ip] = [
    env.POD_NAME ?? 'unknown',
    env.POD_NAMESPACE ?? 'default',
    env.INSTANCE_IP ?? '127.0.0.1',
  ];
  const labels = labelsOf(facts);
  const fromEnvironment = environmentMetadata(env);
  const workload = (fromEnvironment.WORKLOAD_NAME as string | undefined) ?? pod;
  const name = (labels['service.istio.io/canonical-name'] ?? labels.app ?? workload) as string;
  return {
    id: `${options.role}~${ip}~${pod}.${namespace}~${options.domain}`,
    cluster: options.serviceCluster ?? `${name}.${namespace}`,
    metadata: {
      CLUSTER_ID: 'Kubernetes',
      MESH_ID: 'cluster.local',
      ...fromEnvironment,
      NAME: pod,
      NAMESPACE: namespace,
      INSTANCE_IPS: ip,
      LABELS: labels,
      ANNOTATIONS: facts.annotations,
      SERVICE_ACCOUNT: env.SERVICE_ACCOUNT,
      WORKLOAD_NAME: workload,
      ISTIO_VERSION: version,
      ENVOY_PROMETHEUS_PORT: 15090,
      ENVOY_STATUS_PORT: 15021,
      PROXY_CONFIG: options.proxyConfig,
      ...(facts.capturedByRules && { INTERCEPTION_MODE: 'NONE' }),
      // Nobody gives this proxy a certificate yet, so nothing may wait for one.
      LATEEN_NO_IDENTITY: 'true',
    },
  };
}
