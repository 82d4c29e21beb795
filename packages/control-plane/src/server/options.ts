import { parseArgs } from 'node:util';

/** Ports and names of one control plane; istiod's where nothing else is said. */
export interface ControlPlaneConfig {
  /** Address that the servers listen on. */
  readonly address: string;
  /** Plaintext xDS. */
  readonly grpcPort: number;
  /** `/ready`, `/metrics`, `/debug/…`. */
  readonly httpPort: number;
  /** The same, and what Prometheus scrapes. */
  readonly monitoringPort: number;
  /** Webhooks over HTTPS. */
  readonly webhookPort: number;
  readonly rootNamespace: string;
  readonly domainSuffix: string;
  readonly clusterId: string;
  /** Names under which the API server reaches the webhooks. */
  readonly webhookService: { readonly name: string; readonly namespace: string };
  /** False where no webhooks are to be served. */
  readonly webhooks: boolean;
  /** See TranslateOptions. */
  readonly useRemoteAddress: boolean;
  readonly internalCidrs: readonly string[];
}

export const defaultConfig: ControlPlaneConfig = {
  address: '0.0.0.0',
  grpcPort: 15010,
  httpPort: 8080,
  monitoringPort: 15014,
  webhookPort: 15017,
  rootNamespace: 'istio-system',
  domainSuffix: 'cluster.local',
  clusterId: 'Kubernetes',
  webhookService: { name: 'istiod', namespace: 'istio-system' },
  webhooks: true,
  useRemoteAddress: true,
  internalCidrs: ['10.244.0.0/16'],
};

export class UsageError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

const flags = {
  kubeconfig: { type: 'string' },
  domain: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  clusterID: { type: 'string' },
  meshConfig: { type: 'string' },
  httpAddr: { type: 'string' },
  httpsAddr: { type: 'string' },
  grpcAddr: { type: 'string' },
  secureGRPCAddr: { type: 'string' },
  secureGrpcAddr: { type: 'string' },
  monitoringAddr: { type: 'string' },
  ctrlz_port: { type: 'string' },
  keepaliveMaxServerConnectionAge: { type: 'string' },
  log_output_level: { type: 'string' },
  log_target: { type: 'string' },
  registries: { type: 'string' },
  plugins: { type: 'string' },
  profile: { type: 'boolean' },
} as const;

/** `:15014`, `15014` or `0.0.0.0:15014`. */
function port(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const digits = /^(?:.*:)?(\d{0,5})$/.exec(text);
  if (!digits) throw new UsageError(`--${flag} must be an address such as :${fallback}, not ${text}`);
  return digits[1] === '' ? fallback : Number(digits[1]);
}

/** Reads pilot-discovery's flags and istiod's environment. Throws UsageError. */
export function readOptions(
  argv: readonly string[],
  env: Environment,
): { config: ControlPlaneConfig; kubeconfig?: string; logLevel: string } {
  let values: { [name in keyof typeof flags]?: string | boolean };
  try {
    values = parseArgs({ args: [...argv], options: flags, allowNegative: true }).values as typeof values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const text = (name: keyof typeof flags) => values[name] as string | undefined;
  const namespace = text('namespace') ?? env.POD_NAMESPACE ?? defaultConfig.rootNamespace;
  const config: ControlPlaneConfig = {
    ...defaultConfig,
    grpcPort: port('grpcAddr', text('grpcAddr'), defaultConfig.grpcPort),
    httpPort: port('httpAddr', text('httpAddr'), defaultConfig.httpPort),
    monitoringPort: port('monitoringAddr', text('monitoringAddr'), defaultConfig.monitoringPort),
    webhookPort: port('httpsAddr', text('httpsAddr'), defaultConfig.webhookPort),
    domainSuffix: text('domain') ?? defaultConfig.domainSuffix,
    clusterId: text('clusterID') ?? env.CLUSTER_ID ?? defaultConfig.clusterId,
    rootNamespace: namespace,
    webhookService: { name: 'istiod', namespace },
    useRemoteAddress: env.PILOT_SIDECAR_USE_REMOTE_ADDRESS !== 'false',
    internalCidrs: env.LATEEN_INTERNAL_CIDRS?.split(',') ?? defaultConfig.internalCidrs,
  };
  return { config, kubeconfig: text('kubeconfig'), logLevel: logLevel(text('log_output_level')) };
}

function logLevel(text: string | undefined): string {
  const level = text?.split(',').find((item) => !item.includes(':') || item.startsWith('default:'));
  return level?.replace('default:', '') ?? 'info';
}
