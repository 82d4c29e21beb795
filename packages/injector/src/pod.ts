import type { Problem, Result } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import { parse as parseYaml } from 'yaml';
import {
  type Annotations,
  checkAnnotations,
  isTrue,
  proxyConfigAnnotation,
  sidecar,
  statusAnnotation,
  statusPortAnnotation,
  templatesAnnotation,
} from './annotations.ts';
import type { InjectionConfig } from './config.ts';
import { isInjected, proxyContainer, wantsSidecar } from './decide.ts';
import { initContainer } from './init-container.ts';
import { mergeContainer } from './merge.ts';
import { rewriteProbes } from './probes.ts';
import { proxyContainerOf, proxyResources } from './proxy-container.ts';
import { sidecarVolumes } from './volumes.ts';
import { canonicalLabels, type Workload, workloadOf } from './workload.ts';

type Json = Record<string, any>;

/** The pod with its sidecar; the very same object when it wants none or has one already. */
export function injectPod(
  pod: KubeObject,
  namespace: string,
  config: InjectionConfig,
  workload: Workload = workloadOf(pod),
): Result<KubeObject> {
  if (!wantsSidecar(pod, namespace) || isInjected(pod)) return { value: pod, problems: [] };
  const annotations = pod.metadata.annotations ?? {};
  const problems: Problem[] = checkAnnotations(annotations, 'metadata.annotations');
  const proxyConfig = readProxyConfig(annotations, config, problems);
  if (problems.length > 0) return { value: pod, problems };
  return { value: withSidecar(pod, annotations, proxyConfig, { namespace, config, workload }), problems };
}

function readProxyConfig(annotations: Annotations, config: InjectionConfig, problems: Problem[]): Json {
  const text = annotations[proxyConfigAnnotation];
  if (!text) return { ...config.proxyConfig };
  try {
    const own = parseYaml(text) as Json;
    return {
      ...config.proxyConfig,
      ...own,
      proxyMetadata: { ...config.proxyConfig.proxyMetadata, ...own?.proxyMetadata },
    };
  } catch (error) {
    const message = `annotation ${proxyConfigAnnotation} must be YAML: ${(error as Error).message}`;
    problems.push({
      code: 'InvalidAnnotation',
      severity: 'error',
      path: `metadata.annotations[${proxyConfigAnnotation}]`,
      message,
    });
    return {};
  }
}

interface Circumstances {
  readonly namespace: string;
  readonly config: InjectionConfig;
  readonly workload: Workload;
}

/** How this pod's sidecar is to be: the pod's words before the mesh's. */
function planOf(annotations: Annotations, proxyConfig: Json, config: InjectionConfig) {
  const gateway = (annotations[templatesAnnotation] ?? '').split(',').includes('gateway');
  const native = !gateway && isTrue(annotations[sidecar('nativeSidecar')], config.nativeSidecar);
  return {
    gateway,
    native,
    hold: !gateway && (proxyConfig.holdApplicationUntilProxyStarts ?? config.holdApplicationUntilProxyStarts),
    rewrite: !gateway && isTrue(annotations[sidecar('rewriteAppHTTPProbers')], config.rewriteProbes),
    mode: annotations[sidecar('interceptionMode')] ?? proxyConfig.interceptionMode ?? config.interceptionMode,
    statusPort: Number(annotations[statusPortAnnotation] ?? proxyConfig.statusPort ?? config.statusPort),
  };
}

function withSidecar(
  pod: KubeObject,
  annotations: Annotations,
  proxyConfig: Json,
  { namespace, config, workload }: Circumstances,
): KubeObject {
  const spec: Json = pod.spec ?? {};
  const plan = planOf(annotations, proxyConfig, config);
  const all: Json[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const author = all.find((container) => container.name === proxyContainer);
  const apps = ((spec.containers ?? []) as Json[])
    .filter((container) => container.name !== proxyContainer)
    .map((container) =>
      plan.rewrite ? rewriteProbes(container, plan.statusPort) : { container, originals: {} },
    );
  const appContainers = apps.map(({ container }) => container);
  const probes = Object.assign({}, ...apps.map(({ originals }) => originals));
  const metrics = metricsOf(annotations, config);
  const common = { annotations, namespace, workload, config, proxyConfig, appContainers, probes };
  const generated = proxyContainerOf({ ...common, ...plan, metrics: metrics?.original });
  const proxy = author ? mergeContainer(generated, author) : generated;
  const resources = proxyResources(annotations, config);
  const init = plan.gateway
    ? undefined
    : initContainer(annotations, { ...config, statusPort: plan.statusPort }, plan.mode, resources);
  const volumes = sidecarVolumes(annotations).filter(
    ({ name }) => !spec.volumes?.some((own: Json) => own.name === name),
  );
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: labelsOf(pod, workload, plan.gateway),
      annotations: {
        ...annotations,
        'istio.io/rev': config.revision,
        ...defaultContainer(annotations, appContainers),
        ...metrics?.annotations,
        [statusAnnotation]: statusOf(init !== undefined, plan.native, volumes, config.revision),
      },
    },
    spec: {
      ...spec,
      ...containersOf(spec, appContainers, proxy, init, plan),
      ...(plan.gateway && { securityContext: { ...lowPorts, ...spec.securityContext } }),
      volumes: [...volumes, ...(spec.volumes ?? [])],
    },
  };
}

/** Gateways may listen on ports below 1024. */
const lowPorts = { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] };

function labelsOf(pod: KubeObject, workload: Workload, gateway: boolean): Record<string, string> {
  const labels = pod.metadata.labels ?? {};
  const { 'security.istio.io/tlsMode': tlsMode, ...names } = canonicalLabels(labels, workload);
  return { ...labels, ...(gateway ? {} : { 'security.istio.io/tlsMode': tlsMode! }), ...names };
}

function containersOf(
  spec: Json,
  apps: readonly Json[],
  proxy: Json,
  init: object | undefined,
  { native, hold }: { native: boolean; hold: boolean },
): Json {
  const own = ((spec.initContainers ?? []) as Json[]).filter(
    (container) => container.name !== proxyContainer,
  );
  const initContainers = [...(init ? [init] : []), ...(native ? [proxy] : []), ...own];
  const containers = native ? apps : hold ? [proxy, ...apps] : [...apps, proxy];
  return { ...(initContainers.length > 0 && { initContainers }), containers };
}

/** What was added, for those that look for it: Istio's own format. */
function statusOf(
  init: boolean,
  native: boolean,
  volumes: readonly { name: string }[],
  revision: string,
): string {
  const initContainers = [...(init ? ['istio-init'] : []), ...(native ? [proxyContainer] : [])];
  return JSON.stringify({
    initContainers: initContainers.length > 0 ? initContainers : null,
    containers: native ? null : [proxyContainer],
    volumes: volumes.map(({ name }) => name),
    imagePullSecrets: null,
    revision,
  });
}

function defaultContainer(annotations: Annotations, apps: readonly Json[]): Record<string, string> {
  const name = annotations['kubectl.kubernetes.io/default-container'] ?? apps[0]?.name;
  if (name === undefined) return {};
  return {
    'kubectl.kubernetes.io/default-container': name,
    'kubectl.kubernetes.io/default-logs-container':
      annotations['kubectl.kubernetes.io/default-logs-container'] ?? name,
  };
}

/** Points Prometheus at the agent, and remembers for the agent where the application's metrics are. */
function metricsOf(
  annotations: Annotations,
  config: InjectionConfig,
): { annotations: Record<string, string>; original?: Record<string, string> } | undefined {
  const merge = isTrue(annotations['prometheus.istio.io/merge-metrics'], config.mergeMetrics);
  const [scrape, port, path] = ['scrape', 'port', 'path'].map((name) => annotations[`prometheus.io/${name}`]);
  if (!merge || scrape === 'false') return undefined;
  const original: Record<string, string> = {
    ...(scrape && { scrape }),
    ...(path && { path }),
    ...(port && { port }),
  };
  return {
    annotations: {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': String(config.statusPort),
      'prometheus.io/path': '/stats/prometheus',
    },
    original: Object.keys(original).length > 0 ? original : undefined,
  };
}
