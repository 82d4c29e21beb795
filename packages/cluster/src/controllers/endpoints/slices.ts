import type { KubeObject } from '@lateen/kube';
import { canonical } from '../common/canonical.ts';
import { inheritedLabels, managedByLabel, serviceNameLabel, sliceManager } from './labels.ts';
import { familyOf, type Member, membersOf, portsOf, type ResolvedPort, targetRef } from './pods.ts';

/** Endpoints in one slice at most. */
const sliceSize = 100;

export interface SlicePlan {
  readonly create: KubeObject[];
  readonly update: KubeObject[];
  readonly remove: KubeObject[];
}

/** The slices that a Service is to have, as changes to those it has. */
export function planSlices(
  service: KubeObject,
  pods: readonly KubeObject[],
  existing: readonly KubeObject[],
  zoneOf: (nodeName: string | undefined) => string | undefined,
): SlicePlan {
  return reconcileSlices(wantedSlices(service, pods, zoneOf), existing);
}

/** Pairs wanted slices with existing ones of the same ports, so that names stay while endpoints come and go. */
export function reconcileSlices(wanted: readonly KubeObject[], existing: readonly KubeObject[]): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const free = [...existing];
  const open: KubeObject[] = [];
  for (const slice of wanted) {
    const at = free.findIndex((candidate) => slicePorts(candidate) === slicePorts(slice));
    if (at < 0) open.push(slice);
    else pair(plan, slice, free.splice(at, 1)[0]!);
  }
  for (const slice of open) {
    const reused = free.findIndex(({ addressType }) => addressType === slice.addressType);
    if (reused < 0) plan.create.push(slice);
    else pair(plan, slice, free.splice(reused, 1)[0]!);
  }
  plan.remove.push(...free);
  return plan;
}

function pair(plan: SlicePlan, wanted: KubeObject, current: KubeObject): void {
  const labels = wanted.metadata.labels;
  const next = {
    ...current,
    metadata: { ...current.metadata, labels },
    endpoints: wanted.endpoints,
    ports: wanted.ports,
  };
  if (canonical(next) !== canonical(current)) plan.update.push(next);
}

function slicePorts(slice: KubeObject): string {
  return canonical([slice.addressType, slice.ports]);
}

function wantedSlices(
  service: KubeObject,
  pods: readonly KubeObject[],
  zoneOf: (nodeName: string | undefined) => string | undefined,
): KubeObject[] {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  const groups = new Map<string, { ports: ResolvedPort[]; endpoints: any[] }>();
  for (const member of membersOf(service, pods)) {
    const ports = portsOf(service, member.pod);
    const key = canonical(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(sliceEndpoint(member, publishAll, zoneOf));
    groups.set(key, group);
  }
  // A Service without pods keeps one empty slice, so that readers can tell it from one that nobody looked at.
  if (groups.size === 0) groups.set('', { ports: [], endpoints: [] });
  return [...groups.values()].flatMap(({ ports, endpoints }) => {
    const chunks: any[][] = [];
    for (let at = 0; at < Math.max(1, endpoints.length); at += sliceSize)
      chunks.push(endpoints.slice(at, at + sliceSize));
    return chunks.map((chunk) => newSlice(service, ports, chunk));
  });
}

function sliceEndpoint(
  { pod, address, ready, terminating, hostname }: Member,
  publishAll: boolean,
  zoneOf: (nodeName: string | undefined) => string | undefined,
): any {
  const { nodeName } = pod.spec;
  const zone = zoneOf(nodeName);
  return {
    addresses: [address],
    conditions: { ready: publishAll || (ready && !terminating), serving: ready, terminating },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: targetRef(pod),
    ...(zone && { zone }),
  };
}

function newSlice(service: KubeObject, ports: readonly ResolvedPort[], endpoints: any[]): KubeObject {
  const { name, namespace, uid } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...inheritedLabels(service), [managedByLabel]: sliceManager, [serviceNameLabel]: name! },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name: name!,
          uid: uid!,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: familyOf(service),
    endpoints,
    ports: ports.map(({ appProtocol, ...port }) => ({ ...port, ...(appProtocol && { appProtocol }) })),
  };
}
