import type { KubeObject } from '@lateen/kube';
import { parseQuantity } from './quantity.ts';

/** What downward API fields may ask for beside the pod itself. */
export interface PodFacts {
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
  /** What the node has, for limits that are not set. */
  readonly allocatable: Readonly<Record<string, string>>;
}

const formatMap = (map: Record<string, string> = {}) =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');

/** The value of a downward API field such as `metadata.labels['app']`; undefined for one that does not exist. */
export function fieldValue(pod: KubeObject, facts: PodFacts, fieldPath: string): string | undefined {
  const { metadata, spec } = pod;
  const single = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(fieldPath);
  if (single) return (single[1] === 'labels' ? metadata.labels : metadata.annotations)?.[single[2]!] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'metadata.labels': formatMap(metadata.labels),
    'metadata.annotations': formatMap(metadata.annotations),
    'spec.nodeName': facts.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.hostIP': facts.hostIP,
    'status.hostIPs': facts.hostIP,
    'status.podIP': facts.podIP,
    'status.podIPs': facts.podIP,
  };
  return fields[fieldPath];
}

/** The value of a container's resource such as `limits.cpu`, in units of the divisor, rounded up. */
export function resourceValue(
  container: any,
  facts: PodFacts,
  { resource, divisor }: { resource: string; divisor?: string },
): string | undefined {
  const [kind, ...rest] = resource.split('.');
  const name = rest.join('.');
  const given = container.resources?.[kind!]?.[name];
  const quantity = given ?? (kind === 'limits' ? facts.allocatable[name] : '0') ?? '0';
  const unit = parseQuantity(divisor ?? '1') || 1;
  return String(Math.ceil(parseQuantity(String(quantity)) / unit));
}
