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

function withSidecar(
  pod: KubeObject,
  annotations: Annotations,
  proxyConfig: Json,
  { namespace, config, workload }: Circumstances,
): KubeObject {
  const spec: Json = pod.spec ?? {};
  const statusPort = Number(annotations[statusPortAnnotation] ?? proxyConfig.statusPort ?? config.statusPort);
  const mode =
    annotations[sidecar('interceptionMode')] ?? proxyConfig.interceptionMode ?? config.interceptionMode;
  const native = isTrue(annotations[sidecar('nativeSidecar')], config.nativeSidecar);
  const hold = proxyConfig.holdApplicationUntilProxyStarts ?? config.holdApplicationUntilProxyStarts;
  const author = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].find(
    (container) => container.name === proxyContainer,
  );
  const isApp = (container: Json) => container.name !== proxyContainer;
  const rewrite = isTrue(annotations[sidecar('rewriteAppHTTPProbers')], config.rewriteProbes);
  const apps = ((spec.containers ?? []) as Json[])
    .filter(isApp)
    .map((container) => (rewrite ? rewriteProbes(container, statusPort) : { container, originals: {} }));
  const appContainers = apps.map(({ container }) => container);
  const probes = Object.assign({}, ...apps.map(({ originals }) => originals));
  const metrics = metricsOf(annotations, config);
  const input = {
    annotations,
    namespace,
    workload,
    config,
    mode,
    native,
    hold,
    statusPort,
    proxyConfig,
    appContainers,
    probes,
    metrics: metrics?.original,
  };
  const generated = proxyContainerOf(input);
  const proxy = author ? mergeContainer(generated, author) : generated;
  const init = initContainer(
    annotations,
    { ...config, statusPort },
    mode,
    proxyResources(annotations, config),
  );
  const inits = ((spec.initContainers ?? []) as Json[]).filter(isApp);
  const volumes = sidecarVolumes(annotations).filter(
    ({ name }) => !spec.volumes?.some((own: Json) => own.name === name),
  );
  const containers = native ? appContainers : hold ? [proxy, ...appContainers] : [...appContainers, proxy];
  const initContainers = [...(init ? [init] : []), ...(native ? [proxy] : []), ...inits];
  const status = {
    initContainers: [...(init ? ['istio-init'] : []), ...(native ? [proxyContainer] : [])],
    containers: native ? null : [proxyContainer],
    volumes: volumes.map(({ name }) => name),
    imagePullSecrets: null,
    revision: config.revision,
  };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...pod.metadata.labels, ...canonicalLabels(pod.metadata.labels ?? {}, workload) },
      annotations: {
        ...annotations,
        'istio.io/rev': config.revision,
        ...defaultContainer(annotations, appContainers),
        ...metrics?.annotations,
        [statusAnnotation]: JSON.stringify(status),
      },
    },
    spec: {
      ...spec,
      ...(initContainers.length > 0 && { initContainers }),
      containers,
      volumes: [...volumes, ...(spec.volumes ?? [])],
    },
  };
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
