import { parseArgs } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;

export class UsageError extends Error {}

/** What `pilot-agent proxy` was told by flags and environment. */
export interface AgentOptions {
  readonly role: 'sidecar' | 'router';
  readonly domain: string;
  readonly serviceCluster: string | undefined;
  /** `host:port` of the control plane's plaintext xDS. */
  readonly discoveryAddress: string;
  readonly adminPort: number;
  readonly statusPort: number;
  readonly concurrency: number;
  readonly logLevel: string;
  /** ProxyConfig of the pod: the mesh's defaults, then the annotation. */
  readonly proxyConfig: Readonly<Record<string, any>>;
  /** Seconds that connections get to end after SIGTERM. */
  readonly drainSeconds: number;
}

/** Flags of today's and of 1.2.2's injection template. */
const text = { type: 'string' } as const;
const toggle = { type: 'boolean' } as const;
const flags = {
  domain: text,
  serviceCluster: text,
  discoveryAddress: text,
  proxyAdminPort: text,
  statusPort: text,
  concurrency: text,
  proxyLogLevel: text,
  proxyComponentLogLevel: text,
  log_output_level: text,
  log_as_json: toggle,
  configPath: text,
  binaryPath: text,
  drainDuration: text,
  parentShutdownDuration: text,
  zipkinAddress: text,
  lightstepAddress: text,
  connectTimeout: text,
  controlPlaneAuthPolicy: text,
  controlPlaneBootstrap: toggle,
  applicationPorts: text,
  dnsRefreshRate: text,
  'trust-domain': text,
  meshConfig: text,
  stsPort: text,
  tokenManagerPlugin: text,
  templateFile: text,
  bootstrapv2: toggle,
  outlierLogPath: text,
  profiling: toggle,
  id: text,
  ip: text,
  statsdUdpAddress: text,
  customConfigFile: text,
  disableInternalTelemetry: toggle,
  keepaliveMaxServerConnectionAge: text,
  ctrlz_port: text,
} as const;

function readFlags(argv: readonly string[]): Record<string, string | undefined> {
  try {
    return parseArgs({ args: [...argv], options: flags }).values as Record<string, string | undefined>;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function numberOf(name: string, value: string | number | undefined, fallback: number): number {
  if (value === undefined || value === '') return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0)
    throw new UsageError(`${name} must be a whole number, not ${value}`);
  return number;
}

/** `5s`, `1m0s` → seconds. */
export function seconds(duration: string | undefined, fallback: number): number {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(duration ?? '');
  if (!duration || !parts) return fallback;
  return Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0);
}

/** TLS to the control plane is not spoken yet: its port is taken for the plaintext one beside it. */
export function plaintextAddress(address: string): string {
  return address.replace(/:15012$/, ':15010');
}

/** Reads the arguments after `proxy`. `annotation` is the parsed `proxy.istio.io/config`. Throws UsageError. */
export function readOptions(
  argv: readonly string[],
  env: Environment,
  annotation: Record<string, any> = {},
): AgentOptions {
  const [role, ...rest] = argv;
  if (role !== 'sidecar' && role !== 'router') {
    throw new UsageError(`the first argument of proxy must be sidecar or router, not ${role ?? 'missing'}`);
  }
  const given = readFlags(rest);
  const proxyConfig = { ...parseProxyConfig(env.PROXY_CONFIG), ...annotation };
  const discovery = proxyConfig.discoveryAddress ?? given.discoveryAddress ?? 'istiod.istio-system.svc:15010';
  return {
    role,
    domain: given.domain ?? `${env.POD_NAMESPACE ?? 'default'}.svc.cluster.local`,
    serviceCluster: given.serviceCluster,
    discoveryAddress: plaintextAddress(discovery),
    adminPort: numberOf('proxyAdminPort', proxyConfig.proxyAdminPort ?? given.proxyAdminPort, 15000),
    statusPort: numberOf('statusPort', proxyConfig.statusPort ?? given.statusPort, 15020),
    concurrency: numberOf('concurrency', proxyConfig.concurrency ?? given.concurrency, 1),
    logLevel: given.proxyLogLevel ?? 'warning',
    proxyConfig,
    drainSeconds: Math.min(
      4,
      seconds(proxyConfig.terminationDrainDuration ?? env.TERMINATION_DRAIN_DURATION, 4),
    ),
  };
}

function parseProxyConfig(json: string | undefined): Record<string, any> {
  if (!json?.trim()) return {};
  try {
    return JSON.parse(json) ?? {};
  } catch (error) {
    throw new UsageError(`PROXY_CONFIG must be JSON: ${(error as Error).message}`);
  }
}
