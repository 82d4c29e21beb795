import type { GatewayRules, GatewayServer } from '../ir/gateway.ts';
import { narrower, overlap } from '../ir/host.ts';
import type { ProxyNode } from '../ir/node.ts';
import type { RouteRules } from '../ir/route.ts';
import { ownPorts } from './own-ports.ts';
import { includesLabels, isVisible } from './visibility.ts';
import type { World } from './world.ts';

export interface BoundServer {
  readonly server: GatewayServer;
  readonly gateway: GatewayRules;
  /** Rules that name the gateway and may be seen by it, with the hosts that both have. */
  readonly rules: readonly BoundRules[];
}

export interface BoundRules {
  readonly rules: RouteRules;
  readonly hosts: readonly string[];
}

/** What one listening port of a gateway proxy serves. */
export interface BoundPort {
  /** The workload's port. */
  readonly port: number;
  readonly bind: string;
  readonly servers: readonly BoundServer[];
}

/** The ports of a gateway proxy, with several Gateways' servers on one port merged; in order of the Gateways' age. */
export function bindGateways(world: World, node: ProxyNode): BoundPort[] {
  const own = ownPorts(world, node);
  const ports = new Map<string, { port: number; bind: string; servers: BoundServer[] }>();
  for (const gateway of world.gateways) {
    if (!includesLabels(node.labels, gateway.selector)) continue;
    for (const server of gateway.servers) {
      const bind = server.bind ?? '0.0.0.0';
      for (const port of workloadPorts(server.port, own)) {
        const entry = ports.get(`${bind}_${port}`) ?? { port, bind, servers: [] };
        ports.set(`${bind}_${port}`, entry);
        entry.servers.push({ server, gateway, rules: rulesOf(world, node, gateway, server) });
      }
    }
  }
  return [...ports.values()];
}

/** A server's port is that of the Service in front of the proxy, where there is one. */
function workloadPorts(number: number, own: ReturnType<typeof ownPorts>): number[] {
  const targets = new Set(own.filter((entry) => entry.port.number === number).map((entry) => entry.target));
  return targets.size > 0 ? [...targets] : [number];
}

function rulesOf(world: World, node: ProxyNode, gateway: GatewayRules, server: GatewayServer): BoundRules[] {
  const name = `${gateway.namespace}/${gateway.name}`;
  const result: BoundRules[] = [];
  for (const rules of world.routeRules) {
    if (!rules.gateways.includes(name) || !isVisible(rules.exportTo, rules.namespace, node.namespace))
      continue;
    const hosts = rules.hosts.flatMap((host) => commonHosts(host, rules.namespace, server));
    if (hosts.length > 0) result.push({ rules, hosts: [...new Set(hosts)] });
  }
  return result;
}

function commonHosts(host: string, namespace: string, server: GatewayServer): string[] {
  return server.hosts
    .filter(
      (entry) => (entry.namespace === '*' || entry.namespace === namespace) && overlap(entry.host, host),
    )
    .map((entry) => narrower(entry.host, host));
}
