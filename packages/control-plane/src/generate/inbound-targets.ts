import type { Protocol } from '../ir/service.ts';
import type { SidecarIngress } from '../ir/sidecar.ts';
import type { OwnPort } from '../scope/own-ports.ts';
import type { Generating } from './context.ts';
import { isSidecarPort } from './sidecar-ports.ts';

/** A port of the proxy's own workload. */
export interface InboundTarget {
  /** The workload's port. */
  readonly number: number;
  readonly protocol: Protocol;
  /** The oldest service that leads there; absent for a container port without a service. */
  readonly own?: OwnPort;
  /** The Sidecar's listener that describes the port, if one does. */
  readonly ingress?: SidecarIngress;
  /** All services that lead there. */
  readonly services: readonly OwnPort[];
}

/** The ports that services lead to, and in plain mode also those that only containers declare. */
export function inboundTargets(context: Generating): InboundTarget[] {
  if (context.scope.ingress.length > 0)
    return context.scope.ingress.map((ingress) => ingressTarget(context, ingress));
  const byPort = new Map<number, OwnPort[]>();
  for (const own of context.scope.own) {
    if (context.plain && own.port.protocol === 'UDP') continue;
    const list = byPort.get(own.target);
    if (list) list.push(own);
    else byPort.set(own.target, [own]);
  }
  const targets: InboundTarget[] = [...byPort].map(([number, services]) => ({
    number,
    protocol: services[0]!.port.protocol,
    own: services[0],
    services,
  }));
  if (context.plain) {
    for (const number of containerPorts(context)) {
      if (!byPort.has(number)) targets.push({ number, protocol: 'UNSUPPORTED', services: [] });
    }
  }
  return targets;
}

function ingressTarget(context: Generating, ingress: SidecarIngress): InboundTarget {
  const { number, protocol } = ingress.port;
  const services = context.scope.own.filter((own) => own.target === number);
  return { number, protocol, ingress, own: services[0], services };
}

function containerPorts(context: Generating): number[] {
  const ports = new Set<number>();
  for (const entry of declaredPorts(context.scope.node.metadata.POD_PORTS)) {
    const number = Number(entry?.containerPort);
    if (number > 0 && (entry?.protocol ?? 'TCP') === 'TCP' && !isSidecarPort(number)) ports.add(number);
  }
  return [...ports];
}

function declaredPorts(text: unknown): any[] {
  if (Array.isArray(text)) return text;
  try {
    const list = JSON.parse(String(text ?? '[]'));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
