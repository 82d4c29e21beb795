import type { KubeObject } from '../types.ts';

/** `clusterIP` is the first of `clusterIPs`; whoever gives one means both. */
export function normaliseClusterIps(service: KubeObject, old?: KubeObject): void {
  const spec = service.spec ?? {};
  const list: string[] = spec.clusterIPs ?? [];
  if (old === undefined) {
    if (spec.clusterIP && list.length === 0) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before: string[] = old.spec.clusterIPs ?? [];
  const same = (spec.clusterIP ?? '') === (old.spec.clusterIP ?? '');
  if (before.length > 0 && list.length === 0 && same) spec.clusterIPs = [...before];
  const unchanged =
    list.length === before.length && list.every((address, index) => address === before[index]);
  if (same || !unchanged) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

/** An update that leaves out a Service's addresses or node ports means those it has. */
export function keepAllocated(service: KubeObject, old: KubeObject): void {
  const { spec } = service;
  dropForType(spec, old.spec);
  normaliseClusterIps(service, old);
  if (needsClusterIp(spec) && needsClusterIp(old.spec)) keepClusterIp(spec, old.spec);
  if (needsNodePort(spec) && needsNodePort(old.spec)) keepNodePorts(spec, old.spec);
  const health = spec.externalTrafficPolicy === 'Local' && spec.type === 'LoadBalancer';
  if (health && !spec.healthCheckNodePort && old.spec.healthCheckNodePort) {
    spec.healthCheckNodePort = old.spec.healthCheckNodePort;
  }
  keepFamilies(spec, old.spec);
}

function external(spec: any): boolean {
  return (
    spec.type === 'NodePort' ||
    spec.type === 'LoadBalancer' ||
    (spec.type === 'ClusterIP' && spec.externalIPs?.length > 0)
  );
}

/** What only the old type has is given up when nobody changed it. */
function dropForType(spec: any, old: any): void {
  const drop = (field: string, had: boolean, has: boolean) => {
    if (had && !has && JSON.stringify(spec[field]) === JSON.stringify(old[field])) delete spec[field];
  };
  const balanced = (value: any) => value.type === 'LoadBalancer';
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) {
    drop(field, needsClusterIp(old), needsClusterIp(spec));
  }
  if (needsNodePort(old) && !needsNodePort(spec)) dropNodePorts(spec, old);
  for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'])
    drop(field, balanced(old), balanced(spec));
  const checked = (value: any) => balanced(value) && value.externalTrafficPolicy === 'Local';
  drop('healthCheckNodePort', checked(old), checked(spec));
  drop('externalTrafficPolicy', external(old), external(spec));
}

function dropNodePorts(spec: any, old: any): void {
  const ports = (value: any) => (value.ports ?? []).map((port: any) => port.nodePort ?? 0).toSorted();
  if (JSON.stringify(ports(spec)) !== JSON.stringify(ports(old))) return;
  for (const port of spec.ports ?? []) delete port.nodePort;
}

function needsClusterIp(spec: any): boolean {
  return spec.type !== 'ExternalName';
}

function needsNodePort(spec: any): boolean {
  return (
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  );
}

function keepClusterIp(spec: any, old: any): void {
  if (!spec.clusterIP && !spec.clusterIPs?.length) {
    if (old.clusterIP) spec.clusterIP = old.clusterIP;
    if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs];
  } else if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && old.clusterIP && spec.clusterIPs?.[0] === old.clusterIP)
    spec.clusterIP = old.clusterIP;
}

function keepNodePorts(spec: any, old: any): void {
  const known = new Map<string, number>();
  for (const port of old.ports ?? []) {
    if (port.nodePort) known.set(`${port.protocol}/${port.port}`, port.nodePort);
  }
  for (const port of spec.ports ?? []) {
    const nodePort = known.get(`${port.protocol}/${port.port}`);
    if (!port.nodePort && nodePort !== undefined) port.nodePort = nodePort;
  }
}

function keepFamilies(spec: any, old: any): void {
  if (spec.type === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      delete spec[field];
    return;
  }
  for (const field of ['ipFamilies', 'ipFamilyPolicy']) spec[field] ??= old[field];
  for (const field of ['ipFamilies', 'ipFamilyPolicy']) if (spec[field] === undefined) delete spec[field];
}
