import type { KubeObject } from '@lateen/kube/types';
import { age, andMore, condition, containerTexts, labelsText, listOr, since } from './format.ts';
import { podCells } from './pods.ts';

export type Cells = (object: KubeObject, now: number) => unknown[];

const count = (map: object | undefined) => Object.keys(map ?? {}).length;

function serviceCells(service: KubeObject, now: number): unknown[] {
  const { spec = {} } = service;
  return [
    service.metadata.name,
    spec.type ?? 'ClusterIP',
    spec.clusterIPs?.[0] || spec.clusterIP || '<none>',
    externalAddress(service),
    listOr(spec.ports?.map(portText), '<none>'),
    age(service, now),
    labelsText(spec.selector),
  ];
}

function portText(port: { port: number; nodePort?: number; protocol?: string }): string {
  const node = port.nodePort ? `:${port.nodePort}` : '';
  return `${port.port}${node}/${port.protocol ?? 'TCP'}`;
}

function externalAddress(service: KubeObject): string {
  const { spec = {} } = service;
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type !== 'LoadBalancer') return listOr(spec.externalIPs, '<none>');
  const ingress: any[] = service.status?.loadBalancer?.ingress ?? [];
  const addresses = ingress.map((one) => one.ip || one.hostname).filter(Boolean);
  return listOr([...addresses, ...(spec.externalIPs ?? [])], '<pending>');
}

function endpointsCells(endpoints: KubeObject, now: number): unknown[] {
  const subsets: any[] = endpoints.subsets ?? [];
  const items: string[] = [];
  for (const subset of subsets) {
    const ports: any[] = subset.ports ?? [];
    for (const address of subset.addresses ?? []) {
      if (ports.length === 0) items.push(address.ip);
      for (const port of ports) items.push(`${address.ip}:${port.port}`);
    }
  }
  return [endpoints.metadata.name, items.length === 0 ? '<none>' : andMore(items, 3), age(endpoints, now)];
}

function nodeCells(node: KubeObject, now: number): unknown[] {
  const ready = condition(node, 'Ready');
  const status = ready ? [ready.status === 'True' ? 'Ready' : 'NotReady'] : ['Unknown'];
  if (node.spec?.unschedulable) status.push('SchedulingDisabled');
  const info = node.status?.nodeInfo ?? {};
  const address = (type: string) =>
    (node.status?.addresses ?? []).find((one: any) => one.type === type)?.address ?? '<none>';
  return [
    node.metadata.name,
    status.join(','),
    listOr(roles(node), '<none>'),
    age(node, now),
    info.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info.osImage || '<unknown>',
    info.kernelVersion || '<unknown>',
    info.containerRuntimeVersion || '<unknown>',
  ];
}

function roles(node: KubeObject): string[] {
  const prefix = 'node-role.kubernetes.io/';
  const found = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(prefix) && key.length > prefix.length) found.add(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') found.add(value);
  }
  return [...found].sort();
}

export function eventCells(event: KubeObject, now: number): unknown[] {
  const first = since(event.firstTimestamp || event.eventTime, now);
  const last = event.lastTimestamp ? since(event.lastTimestamp, now) : first;
  const { involvedObject = {}, series } = event;
  const kind = String(involvedObject.kind ?? '').toLowerCase();
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.host || event.reportingInstance || '';
  return [
    series ? since(series.lastObservedTime, now) : last,
    event.type ?? '',
    event.reason ?? '',
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? '',
    instance ? `${component}, ${instance}` : component,
    String(event.message ?? '').trim(),
    first,
    series ? series.count : event.count || 1,
    event.metadata.name,
  ];
}

function quotaCells(quota: KubeObject, now: number): unknown[] {
  const hard: Record<string, string> = quota.status?.hard ?? {};
  const used: Record<string, string> = quota.status?.used ?? {};
  const text = (names: string[]) =>
    names.map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`).join(', ');
  const names = Object.keys(hard).sort();
  const limits = names.filter((name) => name.startsWith('limits.'));
  const requests = names.filter((name) => !name.startsWith('limits.'));
  return [quota.metadata.name, text(requests), text(limits), age(quota, now)];
}

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const modesText = (list: string[] | undefined) => (list ?? []).map((mode) => modes[mode] ?? mode).join(',');

function claimCells(claim: KubeObject, now: number): unknown[] {
  const { spec = {}, status = {} } = claim;
  const bound = Boolean(spec.volumeName);
  return [
    claim.metadata.name,
    claim.metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    spec.volumeName ?? '',
    bound ? (status.capacity?.storage ?? '0') : '',
    bound ? modesText(status.accessModes) : '',
    spec.storageClassName ?? '',
    spec.volumeAttributesClassName ?? '<unset>',
    age(claim, now),
    spec.volumeMode ?? '<unset>',
  ];
}

function volumeCells(volume: KubeObject, now: number): unknown[] {
  const { spec = {}, status = {} } = volume;
  const claim = spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '';
  return [
    volume.metadata.name,
    spec.capacity?.storage ?? '0',
    modesText(spec.accessModes),
    spec.persistentVolumeReclaimPolicy ?? '',
    volume.metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    claim,
    spec.storageClassName ?? '',
    spec.volumeAttributesClassName ?? '<unset>',
    status.reason ?? '',
    age(volume, now),
    spec.volumeMode ?? '<unset>',
  ];
}

export const coreCells: Readonly<Record<string, Cells>> = {
  configmaps: (o, now) => [o.metadata.name, count(o.data) + count(o.binaryData), age(o, now)],
  secrets: (o, now) => [o.metadata.name, o.type ?? '', count(o.data), age(o, now)],
  serviceaccounts: (o, now) => [o.metadata.name, (o.secrets ?? []).length, age(o, now)],
  namespaces: (o, now) => [o.metadata.name, o.status?.phase ?? '', age(o, now)],
  limitranges: (o) => [o.metadata.name, o.metadata.creationTimestamp],
  pods: podCells,
  services: serviceCells,
  endpoints: endpointsCells,
  nodes: nodeCells,
  events: eventCells,
  resourcequotas: quotaCells,
  persistentvolumeclaims: claimCells,
  persistentvolumes: volumeCells,
  podtemplates: (o) => [
    o.metadata.name,
    ...containerTexts(o.template),
    labelsText(o.template?.metadata?.labels),
  ],
  componentstatuses: (o) => {
    const healthy = (o.conditions ?? []).find((one: any) => one.type === 'Healthy');
    const status = healthy?.status === 'True' ? 'Healthy' : healthy ? 'Unhealthy' : 'Unknown';
    return [o.metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
  },
  replicationcontrollers: (o, now) => [
    o.metadata.name,
    o.spec?.replicas ?? 0,
    o.status?.replicas ?? 0,
    o.status?.readyReplicas ?? 0,
    age(o, now),
    ...containerTexts(o.spec?.template),
    labelsText(o.spec?.selector),
  ],
};
