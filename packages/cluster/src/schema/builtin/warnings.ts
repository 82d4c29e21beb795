import { byteOrder, quote } from '../gotext.ts';
import { parseQuantity } from '../quantity.ts';
import type { KindSchema, KubeObject } from '../types.ts';
import { isDns1123Label } from '../validation/names.ts';

/** What a write of this object should warn about, besides what decoding warns about. */
export function objectWarnings(kind: KindSchema, object: KubeObject, old?: KubeObject): string[] {
  if (kind.custom) return customWarnings(object, old);
  return warners[`${kind.gvk.group}/${kind.gvk.kind}`]?.(object) ?? [];
}

function customWarnings({ metadata }: KubeObject, old?: KubeObject): string[] {
  const before = old?.metadata.finalizers ?? [];
  const added = (metadata.finalizers ?? []).filter((name) => !before.includes(name));
  const plain = added.filter(
    (name) => !name.includes('/') && !['orphan', 'foregroundDeletion', 'kubernetes'].includes(name),
  );
  return plain.map((name) => {
    const what = name.includes('.') ? 'name including a path (/)' : 'name';
    const text = `prefer a domain-qualified finalizer ${what} to avoid accidental conflicts with other finalizer writers`;
    return `metadata.finalizers: ${quote(name)}: ${text}`;
  });
}

type Warner = (object: KubeObject) => string[];

const template: Warner = (object) => podWarnings(object.spec?.template, 'spec.template.');

const warners: Readonly<Record<string, Warner>> = {
  '/Pod': (pod) => podWarnings(pod, ''),
  '/Service': serviceWarnings,
  'apps/Deployment': template,
  'apps/ReplicaSet': template,
  'apps/StatefulSet': template,
  'apps/DaemonSet': template,
  'batch/Job': (job) => [...labelName(job), ...template(job)],
  'batch/CronJob': (cronJob) => [
    ...labelName(cronJob),
    ...podWarnings(cronJob.spec?.jobTemplate?.spec?.template, 'spec.jobTemplate.spec.template.'),
  ],
  'discovery.k8s.io/EndpointSlice': (slice) =>
    slice.addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [],
  'networking.k8s.io/Ingress': (ingress) => {
    const annotation = 'kubernetes.io/ingress.class';
    const old =
      ingress.metadata.annotations?.[annotation] !== undefined &&
      ingress.spec?.ingressClassName === undefined;
    return old
      ? [`annotation ${quote(annotation)} is deprecated, please use 'spec.ingressClassName' instead`]
      : [];
  },
};

function labelName({ metadata }: KubeObject): string[] {
  const complaints = isDns1123Label(metadata.name ?? '');
  if (complaints.length === 0) return [];
  const text =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${text}: [${complaints.join(' ')}]`];
}

const oldNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const oldAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod':
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

const oldVolumes: Readonly<Record<string, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageOS: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

/** A pod or a template; `path` is what stands before `spec` and `metadata`. */
function podWarnings(pod: any, path: string): string[] {
  const { spec, metadata } = pod ?? {};
  if (!spec) return [];
  const containers = containersOf(spec, `${path}spec`);
  return [
    ...known(spec.nodeSelector, oldNodeLabels, `${path}spec.nodeSelector`),
    ...topologyWarnings(spec, `${path}spec`),
    ...known(metadata?.annotations, oldAnnotations, `${path}metadata.annotations`),
    ...volumeWarnings(spec.volumes ?? [], `${path}spec.volumes`),
    ...duplicateNames(spec.imagePullSecrets ?? [], 'name', `${path}spec.imagePullSecrets`),
    ...containers.flatMap(containerWarnings),
    ...portWarnings(containers),
    ...portNameWarnings(containers),
    ...(spec.terminationGracePeriodSeconds < 0
      ? [
          `${path}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
  ];
}

interface Placed {
  readonly container: any;
  readonly path: string;
}

function containersOf(spec: any, path: string): Placed[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    (spec[list] ?? []).map((container: any, index: number) => ({
      container,
      path: `${path}.${list}[${index}]`,
    })),
  );
}

function known(
  map: Record<string, unknown> | undefined,
  messages: Readonly<Record<string, string>>,
  path: string,
): string[] {
  const keys = Object.keys(map ?? {}).filter((key) => messages[key] !== undefined);
  return keys.toSorted(byteOrder).map((key) => `${path}[${key}]: ${messages[key]}`);
}

function topologyWarnings(spec: any, path: string): string[] {
  const constraints: any[] = spec.topologySpreadConstraints ?? [];
  return constraints.flatMap((constraint, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const message = oldNodeLabels[constraint.topologyKey];
    return [
      ...(message === undefined ? [] : [`${at}.topologyKey: ${constraint.topologyKey} is ${message}`]),
      ...(constraint.labelSelector
        ? []
        : [`${at}.labelSelector: a null labelSelector results in matching no pod`]),
    ];
  });
}

function volumeWarnings(volumes: readonly any[], path: string): string[] {
  return volumes.flatMap((volume, index) =>
    Object.keys(oldVolumes)
      .filter((type) => volume[type] !== undefined)
      .map((type) => `${path}[${index}].${type}: ${oldVolumes[type]}`),
  );
}

function duplicateNames(list: readonly any[], field: string, path: string): string[] {
  return list.flatMap((item, index) => {
    const first = list.findIndex((other) => other[field] === item[field]);
    return first === index
      ? []
      : [`${path}[${index}].${field}: duplicate ${field} ${quote(item[field] ?? '')}`];
  });
}

function containerWarnings({ container, path }: Placed): string[] {
  const out: string[] = [];
  for (const name of ['memory', 'ephemeral-storage']) {
    for (const list of ['limits', 'requests']) {
      const amount = container.resources?.[list]?.[name];
      const quantity = amount === undefined ? undefined : parseQuantity(amount);
      if (quantity === undefined || quantity.nano % 1_000_000_000n === 0n) continue;
      out.push(
        `${path}.resources.${list}[${name}]: fractional byte value ${quote(amount)} is invalid, must be an integer`,
      );
    }
  }
  return [...out, ...hiddenVariables(container.env ?? [], path)];
}

function hiddenVariables(env: readonly any[], path: string): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = '', valueFrom }, index) => {
    const reference = `$(${name})`;
    const bad = valueFrom !== undefined || value === reference || !value.includes(reference);
    const warn = seen.has(name) && bad;
    seen.add(name);
    const text = `hides previous definition of ${quote(name ?? '')}, which may be dropped when using apply`;
    return warn ? [`${path}.env[${index}]: ${text}`] : [];
  });
}

interface PlacedPort {
  readonly port: any;
  readonly path: string;
}

function portsOf(containers: readonly Placed[]): PlacedPort[] {
  return containers.flatMap(({ container, path }) =>
    (container.ports ?? []).map((port: any, index: number) => ({ port, path: `${path}.ports[${index}]` })),
  );
}

function portWarnings(containers: readonly Placed[]): string[] {
  const ports = portsOf(containers);
  return ports.flatMap(({ port, path }, index) => {
    const same = ports
      .slice(0, index)
      .filter(
        ({ port: other }) => other.containerPort === port.containerPort && other.protocol === port.protocol,
      );
    return same.flatMap((other) => {
      const how = overlap(port, other.port);
      return how === undefined ? [] : [`${path}: ${how} port definition with ${other.path}`];
    });
  });
}

function overlap(a: any, b: any): string | undefined {
  const [hostA, hostB] = [a.hostIP ?? '', b.hostIP ?? ''];
  if (hostA === hostB && (a.hostPort ?? 0) === (b.hostPort ?? 0)) return 'duplicate';
  if (!a.hostPort || !b.hostPort) return 'overlapping';
  const ambiguous = a.hostPort === b.hostPort && (hostA === '') !== (hostB === '');
  return ambiguous ? 'dangerously ambiguous' : undefined;
}

function portNameWarnings(containers: readonly Placed[]): string[] {
  const first = new Map<string, string>();
  return portsOf(containers).flatMap(({ port, path }) => {
    if (!port.name) return [];
    const other = first.get(port.name);
    if (other === undefined) {
      first.set(port.name, path);
      return [];
    }
    const text = `services and probes that select ports by name will use ${other}`;
    return [`${path}: duplicate port name ${quote(port.name)} with ${other}, ${text}`];
  });
}

function serviceWarnings({ spec = {} }: KubeObject): string[] {
  const out: string[] = [];
  if (spec.type === 'ClusterIP' && spec.clusterIP === 'None') {
    if (spec.loadBalancerIP) out.push('spec.loadBalancerIP is ignored for headless services');
    if (spec.externalIPs?.length > 0) out.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') out.push('spec.SessionAffinity is ignored for headless services');
  }
  const external = spec.type === 'ExternalName';
  if (external && spec.externalIPs?.length > 0)
    out.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!external && spec.externalName)
    out.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  return out;
}
