import type { ProxyNode } from '../ir/node.ts';
import type { Service, ServicePort } from '../ir/service.ts';
import { includesLabels } from './visibility.ts';
import type { World } from './world.ts';

/** A port of a service that the proxy's workload stands behind, and where on the workload it leads. */
export interface OwnPort {
  readonly service: Service;
  readonly port: ServicePort;
  readonly target: number;
}

/** The ports that the proxy's own workload serves, oldest service first. */
export function ownPorts(world: World, node: ProxyNode): OwnPort[] {
  const workload = world.workloads.get(node.addresses[0] ?? '');
  const labels = workload?.labels ?? node.labels;
  const result: OwnPort[] = [];
  for (const service of world.services) {
    if (service.namespace !== node.namespace || !service.selector || service.resolution === 'alias') continue;
    if (Object.keys(service.selector).length === 0 || !includesLabels(labels, service.selector)) continue;
    for (const port of service.ports) {
      const target = targetOf(world, node, service, port);
      if (target !== undefined) result.push({ service, port, target });
    }
  }
  return result;
}

function targetOf(world: World, node: ProxyNode, service: Service, port: ServicePort): number | undefined {
  if (typeof port.targetPort === 'number') return port.targetPort;
  if (port.targetPort === undefined) return port.number;
  const named = world.workloads.get(node.addresses[0] ?? '')?.ports.get(port.targetPort);
  if (named !== undefined) return named;
  return world.endpoints
    .get(service.host)
    ?.find((e) => e.address === node.addresses[0] && e.portName === port.name)?.port;
}
