import type { KubeObject } from '@lateen/kube';
import { type Member, membersOf, portsOf, type ResolvedPort, targetRef } from './pods.ts';

interface PortGroup {
  port: ResolvedPort | undefined;
  ready: Member[];
  notReady: Member[];
}

/** The subsets of a Service's Endpoints: ports that have the same addresses stand together. */
export function subsetsOf(service: KubeObject, pods: readonly KubeObject[]): any[] {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  const members = membersOf(service, pods).filter((member) => publishAll || !member.terminating);
  const groups = groupByPort(service, members, publishAll);
  const subsets = new Map<string, { group: PortGroup; ports: ResolvedPort[] }>();
  for (const group of groups) {
    const key = JSON.stringify([names(group.ready), names(group.notReady)]);
    const subset = subsets.get(key) ?? { group, ports: [] };
    if (group.port) subset.ports.push(group.port);
    subsets.set(key, subset);
  }
  return [...subsets.values()].map(({ group, ports }) => ({
    ...(group.ready.length > 0 && { addresses: group.ready.map(endpointAddress) }),
    ...(group.notReady.length > 0 && { notReadyAddresses: group.notReady.map(endpointAddress) }),
    ...(ports.length > 0 && { ports: ports.map(endpointPort) }),
  }));
}

function groupByPort(service: KubeObject, members: readonly Member[], publishAll: boolean): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  const put = (key: string, port: ResolvedPort | undefined, member: Member) => {
    const group = groups.get(key) ?? { port, ready: [], notReady: [] };
    (publishAll || member.ready ? group.ready : group.notReady).push(member);
    groups.set(key, group);
  };
  const withoutPorts = !service.spec.ports?.length && service.spec.clusterIP === 'None';
  for (const member of members) {
    if (withoutPorts) put('', undefined, member);
    for (const port of portsOf(service, member.pod)) put(JSON.stringify(port), port, member);
  }
  return [...groups.values()];
}

function names(members: readonly Member[]): string[] {
  return members.map(({ pod }) => pod.metadata.uid!);
}

function endpointAddress({ pod, address, hostname }: Member): any {
  return { ip: address, hostname, nodeName: pod.spec.nodeName, targetRef: targetRef(pod) };
}

function endpointPort({ name, port, protocol, appProtocol }: ResolvedPort): any {
  return { ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) };
}
