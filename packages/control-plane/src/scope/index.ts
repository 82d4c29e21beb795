import type { DestinationPolicy } from '../ir/destination.ts';
import { covers } from '../ir/host.ts';
import type { MeshSettings } from '../ir/mesh.ts';
import type { ProxyNode } from '../ir/node.ts';
import type { RouteRules } from '../ir/route.ts';
import type { Endpoint, Locality, Service } from '../ir/service.ts';
import type { SidecarEgress, SidecarIngress, SidecarRules } from '../ir/sidecar.ts';
import { type BoundPort, bindGateways } from './gateways.ts';
import { type OwnPort, ownPorts } from './own-ports.ts';
import { policyFor } from './policies.ts';
import { includesLabels, isVisible } from './visibility.ts';
import type { World } from './world.ts';

/** What goes out of a proxy by one way: everything, or by a listener that a Sidecar describes. */
export interface EgressView {
  readonly listener?: SidecarEgress;
  readonly services: readonly Service[];
  readonly rules: readonly RouteRules[];
}

/** All that configuration for one proxy is made from. */
export interface ProxyScope {
  readonly node: ProxyNode;
  readonly mesh: MeshSettings;
  readonly outbound: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  readonly egress: readonly EgressView[];
  /** Services of all egress views, each once. */
  readonly services: readonly Service[];
  readonly own: readonly OwnPort[];
  /** Listeners of a Sidecar that take the place of `own`. */
  readonly ingress: readonly SidecarIngress[];
  readonly sidecar?: SidecarRules;
  /** Ports of the gateways that select this proxy; sidecars have none. */
  readonly gatewayPorts: readonly BoundPort[];
  /** Where the workload runs, if that is known. */
  readonly locality?: Locality;
  readonly endpointsOf: (host: string) => readonly Endpoint[];
  readonly serviceOf: (host: string) => Service | undefined;
  readonly policyOf: (service: Service) => DestinationPolicy | undefined;
}

export function scopeFor(world: World, node: ProxyNode): ProxyScope {
  const sidecar = node.type === 'sidecar' ? sidecarOf(world, node) : undefined;
  const egress = egressViews(world, node, sidecar);
  const services = unique(egress.flatMap((view) => view.services));
  const policies = new Map<Service, DestinationPolicy | undefined>();
  return {
    node,
    mesh: world.mesh,
    outbound: sidecar?.outbound ?? world.mesh.outbound,
    egress,
    services,
    own: ownPorts(world, node),
    ingress: sidecar?.ingress ?? [],
    sidecar,
    gatewayPorts: node.type === 'router' ? bindGateways(world, node) : [],
    locality: world.workloads.get(node.addresses[0] ?? '')?.locality,
    endpointsOf: (host) => world.endpoints.get(host) ?? [],
    serviceOf: (host) => visibleService(world, node, host),
    policyOf: (service) => {
      if (!policies.has(service))
        policies.set(service, policyFor(world.policies, node, service, world.mesh.rootNamespace));
      return policies.get(service);
    },
  };
}

function visibleService(world: World, node: ProxyNode, host: string): Service | undefined {
  const service = world.byHost.get(host);
  return service && serviceVisible(world, node, service) ? service : undefined;
}

function serviceVisible(world: World, node: ProxyNode, service: Service): boolean {
  const exportTo = service.exportTo.length > 0 ? service.exportTo : world.mesh.defaultExportTo.service;
  return isVisible(exportTo, service.namespace, node.namespace);
}

/** The Sidecar that selects the workload, else its namespace's, else the root namespace's. */
function sidecarOf(world: World, node: ProxyNode): SidecarRules | undefined {
  const here = world.sidecars.filter((sidecar) => sidecar.namespace === node.namespace);
  return (
    here.find((sidecar) => hasSelector(sidecar) && includesLabels(node.labels, sidecar.selector)) ??
    here.find((sidecar) => !hasSelector(sidecar)) ??
    world.sidecars.find((sidecar) => sidecar.namespace === world.mesh.rootNamespace && !hasSelector(sidecar))
  );
}

function hasSelector(sidecar: SidecarRules): boolean {
  return Object.keys(sidecar.selector ?? {}).length > 0;
}

function egressViews(world: World, node: ProxyNode, sidecar: SidecarRules | undefined): EgressView[] {
  const services = world.services.filter((service) => serviceVisible(world, node, service));
  const rules = visibleRules(world, node);
  if (!sidecar || sidecar.egress.length === 0) return [{ services, rules }];
  return sidecar.egress.map((listener) => {
    const seen = rules.filter((rule) => listener.hosts.some((entry) => ruleMatches(entry, rule)));
    const chosen = narrowServices(services, listener);
    return {
      listener,
      services: [...chosen, ...destinationsOf(seen, services, chosen, listener)],
      rules: seen,
    };
  });
}

function narrowServices(services: readonly Service[], listener: SidecarEgress): Service[] {
  const chosen = services.filter(
    (service) =>
      listener.hosts.some((entry) => !entry.exclude && serviceMatches(entry, service)) &&
      !listener.hosts.some((entry) => entry.exclude && serviceMatches(entry, service)),
  );
  return chosen.flatMap((service) => atPort(service, listener.port?.number));
}

/** The service with that port only; none when it has no such port. */
function atPort(service: Service, number: number | undefined): Service[] {
  if (number === undefined) return [service];
  const ports = service.ports.filter((port) => port.number === number);
  return ports.length > 0 ? [{ ...service, ports }] : [];
}

/** Services that visible rules lead to are seen with them. */
function destinationsOf(
  rules: readonly RouteRules[],
  services: readonly Service[],
  chosen: readonly Service[],
  listener: SidecarEgress,
): Service[] {
  const known = new Set(chosen.map((service) => service.host));
  const wanted = new Set<string>();
  for (const rule of rules) {
    for (const route of [...rule.http, ...rule.tls, ...rule.tcp]) {
      for (const { destination } of route.destinations)
        if (!known.has(destination.host)) wanted.add(destination.host);
    }
  }
  return services
    .filter((service) => wanted.has(service.host))
    .flatMap((service) => atPort(service, listener.port?.number));
}

type EgressHost = SidecarEgress['hosts'][number];

function serviceMatches(entry: EgressHost, service: Service): boolean {
  return inNamespace(entry.namespace, service.namespace) && covers(entry.host, service.host);
}

function ruleMatches(entry: EgressHost, rule: RouteRules): boolean {
  return (
    !entry.exclude &&
    inNamespace(entry.namespace, rule.namespace) &&
    rule.hosts.some((host) => covers(entry.host, host) || covers(host, entry.host))
  );
}

function inNamespace(wanted: string, namespace: string): boolean {
  return wanted === '*' || wanted === namespace;
}

/** Rules for the mesh that the proxy may see: its namespace's private ones, then those exported to it, then public ones. */
function visibleRules(world: World, node: ProxyNode): RouteRules[] {
  const seen = world.routeRules.filter(
    (rule) => rule.gateways.includes('mesh') && isVisible(rule.exportTo, rule.namespace, node.namespace),
  );
  return [...seen].sort((a, b) => rank(a) - rank(b));
}

function rank(rule: RouteRules): number {
  if (rule.exportTo.includes('*')) return 2;
  return rule.exportTo.includes('.') ? 0 : 1;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
