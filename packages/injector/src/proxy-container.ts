import { type Annotations, readiness, sidecar, statusPortAnnotation } from './annotations.ts';
import type { InjectionConfig } from './config.ts';
import { formatProbes } from './probes.ts';
import { ownerPath, type Workload } from './workload.ts';

/** All that the sidecar's container depends on. */
export interface ProxyContainerInput {
  readonly annotations: Annotations;
  readonly namespace: string;
  readonly workload: Workload;
  readonly config: InjectionConfig;
  readonly mode: string;
  readonly native: boolean;
  /** A gateway: the proxy is the whole pod. */
  readonly gateway: boolean;
  readonly hold: boolean;
  readonly statusPort: number;
  readonly proxyConfig: Readonly<Record<string, any>>;
  readonly appContainers: readonly Record<string, any>[];
  readonly probes: Readonly<Record<string, object>>;
  readonly metrics: Readonly<Record<string, string>> | undefined;
}

type EnvironmentVariable = { name: string } & Record<string, unknown>;

const field = (name: string, fieldPath: string): EnvironmentVariable => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});
const value = (name: string, text: string): EnvironmentVariable => ({ name, value: text });

function resourceField(name: string, resource: string): EnvironmentVariable {
  return { name, valueFrom: { resourceFieldRef: { resource, divisor: '1' } } };
}

/** The ports that the application declares, as the control plane reads them. */
function podPorts(containers: readonly Record<string, any>[]): string {
  const ports = containers.flatMap((container) => container.ports ?? []);
  const keys = ['name', 'hostPort', 'containerPort', 'protocol', 'hostIP'];
  const lines = ports.map(
    (port, index) => `    ${index > 0 ? ',' : ''}${JSON.stringify(pick(port, keys))}\n`,
  );
  return `[\n${lines.join('')}]`;
}

function pick(object: Record<string, any>, keys: readonly string[]): object {
  return Object.fromEntries(keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]]));
}

function environment(input: ProxyContainerInput): EnvironmentVariable[] {
  const { config, workload, namespace, appContainers, probes, metrics, proxyConfig } = input;
  const metadata: Record<string, string> = proxyConfig.proxyMetadata ?? {};
  return [
    value('PILOT_CERT_PROVIDER', 'istiod'),
    value('CA_ADDR', 'istiod.istio-system.svc:15012'),
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('HOST_IP', 'status.hostIP'),
    resourceField('ISTIO_CPU_LIMIT', 'limits.cpu'),
    value('PROXY_CONFIG', `${JSON.stringify(proxyConfig)}\n`),
    value('ISTIO_META_POD_PORTS', podPorts(appContainers)),
    value('ISTIO_META_APP_CONTAINERS', appContainers.map((container) => container.name).join(',')),
    value('ISTIO_META_CLUSTER_ID', config.clusterId),
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    value('ISTIO_META_INTERCEPTION_MODE', input.mode),
    value('ISTIO_META_WORKLOAD_NAME', workload.name),
    value('ISTIO_META_OWNER', ownerPath(workload, namespace)),
    value('ISTIO_META_MESH_ID', config.meshId),
    value('TRUST_DOMAIN', config.trustDomain),
    ...Object.entries(metadata).map(([name, text]) => value(name, String(text))),
    ...(metrics ? [value('ISTIO_PROMETHEUS_ANNOTATIONS', JSON.stringify(metrics))] : []),
    ...(Object.keys(probes).length > 0 ? [value('ISTIO_KUBE_APP_PROBERS', formatProbes(probes))] : []),
  ];
}

function proxyArguments({ annotations, config, gateway }: ProxyContainerInput): string[] {
  return [
    'proxy',
    gateway ? 'router' : 'sidecar',
    '--domain',
    '$(POD_NAMESPACE).svc.cluster.local',
    `--proxyLogLevel=${annotations[sidecar('logLevel')] ?? config.proxyLogLevel}`,
    `--proxyComponentLogLevel=${annotations[sidecar('componentLogLevel')] ?? 'misc:error'}`,
    `--log_output_level=${annotations[sidecar('agentLogLevel')] ?? config.agentLogLevel}`,
  ];
}

/** Limits and requests of the pod's annotations; one of them stands for all. */
export function proxyResources(annotations: Annotations, config: InjectionConfig): object {
  const of = (name: string) => annotations[sidecar(name)];
  const requests = definedOf({ cpu: of('proxyCPU'), memory: of('proxyMemory') });
  const limits = definedOf({ cpu: of('proxyCPULimit'), memory: of('proxyMemoryLimit') });
  return Object.keys(requests).length + Object.keys(limits).length === 0
    ? config.resources
    : definedOf({ requests: some(requests), limits: some(limits) });
}

const definedOf = (object: Record<string, any>) =>
  Object.fromEntries(Object.entries(object).filter(([, item]) => item !== undefined));
const some = (object: object) => (Object.keys(object).length > 0 ? object : undefined);

function readyProbe({ annotations, config, gateway }: ProxyContainerInput): Record<string, object> {
  if (annotations[statusPortAnnotation] === '0') return {};
  const number = (name: 'initialDelaySeconds' | 'periodSeconds' | 'failureThreshold') =>
    Number(annotations[readiness(name)] ?? config.readiness[name]);
  const httpGet = { path: '/healthz/ready', port: 15021 };
  const initialDelaySeconds = number('initialDelaySeconds') || undefined;
  return {
    ...(!gateway && {
      startupProbe: { httpGet, failureThreshold: 600, periodSeconds: 1, timeoutSeconds: 3 },
    }),
    readinessProbe: definedOf({
      httpGet,
      initialDelaySeconds,
      failureThreshold: number('failureThreshold'),
      periodSeconds: number('periodSeconds'),
      timeoutSeconds: 3,
    }),
  };
}

const securityContext = (mode: string) => ({
  allowPrivilegeEscalation: mode === 'TPROXY',
  capabilities: mode === 'TPROXY' ? { add: ['NET_ADMIN'], drop: ['ALL'] } : { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsGroup: 1337,
  runAsNonRoot: mode !== 'TPROXY',
  runAsUser: mode === 'TPROXY' ? 0 : 1337,
});

const mounts = [
  { name: 'workload-socket', mountPath: '/var/run/secrets/workload-spiffe-uds' },
  { name: 'credential-socket', mountPath: '/var/run/secrets/credential-uds' },
  { name: 'workload-certs', mountPath: '/var/run/secrets/workload-spiffe-credentials' },
  { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
  { name: 'istio-data', mountPath: '/var/lib/istio/data' },
  { name: 'istio-envoy', mountPath: '/etc/istio/proxy' },
  { name: 'istio-token', mountPath: '/var/run/secrets/tokens' },
  { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
];

function lifecycle({ native, hold }: ProxyContainerInput): object | undefined {
  if (native)
    return {
      preStop: { exec: { command: ['pilot-agent', 'request', '--debug-port=15020', 'POST', 'drain'] } },
    };
  return hold ? { postStart: { exec: { command: ['pilot-agent', 'wait'] } } } : undefined;
}

function userMounts(annotations: Annotations): object[] {
  const text = annotations[sidecar('userVolumeMount')];
  return text ? JSON.parse(text) : [];
}

/** The sidecar's container. */
export function proxyContainerOf(input: ProxyContainerInput): Record<string, any> {
  const { annotations, config, native, mode } = input;
  return definedOf({
    name: 'istio-proxy',
    image: annotations[sidecar('proxyImage')] ?? config.image,
    args: proxyArguments(input),
    env: environment(input),
    lifecycle: lifecycle(input),
    ports: [{ name: 'http-envoy-prom', containerPort: 15090, protocol: 'TCP' }],
    ...readyProbe(input),
    resources: proxyResources(annotations, config),
    restartPolicy: native ? 'Always' : undefined,
    securityContext: securityContext(mode),
    volumeMounts: [...mounts, ...userMounts(annotations)],
  });
}
