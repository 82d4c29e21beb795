import { covers } from '../../ir/host.ts';
import type { RouteRules } from '../../ir/route.ts';
import { isHttp, isSniffed, type Service, type ServicePort } from '../../ir/service.ts';
import type { EgressView } from '../../scope/index.ts';
import { type Generating, type Json, typed } from '../context.ts';
import { timeouts } from './action.ts';
import { serviceDomains } from './domains.ts';
import { rulesRoutes, serviceRoute } from './route.ts';

const mesh: ReadonlySet<string> = new Set(['mesh']);

/** The route configuration of an outgoing port, or of one service's port (`host:port`) whose protocol is not declared. */
export function sidecarRoutes(context: Generating, name: string): (Json & { '@type': string }) | undefined {
  const colon = name.lastIndexOf(':');
  const port = Number(name.slice(colon + 1));
  if (!Number.isInteger(port) || port <= 0) return undefined;
  const host = colon > 0 ? name.slice(0, colon) : undefined;
  const hosts = virtualHosts(context, port, host);
  if (host && hosts.length !== 1) return undefined;
  return typed('envoy.config.route.v3.RouteConfiguration', {
    name,
    ignorePortInHostMatching: true,
    maxDirectResponseBodySizeBytes: 1048576,
    validateClusters: false,
    virtualHosts: host ? [{ ...hosts[0], domains: ['*'] }] : [...hosts, catchAll(context)],
  });
}

interface Site {
  readonly context: Generating;
  readonly port: number;
  /** Services with this port, by host; each with that port only. */
  readonly services: ReadonlyMap<string, Service>;
  readonly aliases: readonly Service[];
}

function virtualHosts(context: Generating, port: number, only: string | undefined): Json[] {
  const made = new Map<string, Json>();
  for (const view of context.scope.egress) {
    if (view.listener?.port && view.listener.port.number !== port) continue;
    const site = { context, port, services: servicesAt(view, port, only), aliases: aliasesOf(view) };
    for (const host of ruledHosts(site, view, only)) if (!made.has(host.name)) made.set(host.name, host);
    for (const service of site.services.values()) {
      const name = `${service.host}:${port}`;
      if (!made.has(name))
        made.set(name, virtualHost(site, service, [serviceRoute(context, service, service.ports[0]!)]));
    }
  }
  return withoutDuplicates([...made.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

function servicesAt(view: EgressView, number: number, only: string | undefined): Map<string, Service> {
  const result = new Map<string, Service>();
  for (const service of view.services) {
    if (service.resolution === 'alias' || (only && service.host !== only)) continue;
    const port = service.ports.find(
      (entry) => entry.number === number && (only ? isSniffed(entry.protocol) : isHttp(entry.protocol)),
    );
    if (port && !result.has(service.host))
      result.set(service.host, { ...service, ports: portsWith(service, port) });
  }
  return result;
}

function portsWith(_service: Service, port: ServicePort): readonly ServicePort[] {
  return [port];
}

function aliasesOf(view: EgressView): Service[] {
  return view.services.filter((service) => service.resolution === 'alias');
}

/** Virtual hosts that rules make. Hosts that are no services at all are answered on port 80, and beside the rules' services. */
function ruledHosts(site: Site, view: EgressView, only: string | undefined): Json[] {
  const result = new Map<string, Json>();
  for (const rules of view.rules) {
    const { services, hosts } = splitHosts(site, rules);
    if (services.length === 0 && (only !== undefined || site.port !== 80)) continue;
    const routes = rulesRoutes(site.context, rules, routeSite(site), mesh);
    if (routes.length === 0) continue;
    for (const service of services) add(result, virtualHost(site, service, routes));
    if (only) continue;
    for (const host of hosts) add(result, { ...base(`${host}:${site.port}`, [host]), routes });
  }
  return [...result.values()];
}

function add(to: Map<string, Json>, host: Json): void {
  if (!to.has(host.name)) to.set(host.name, host);
}

function splitHosts(site: Site, rules: RouteRules): { services: Service[]; hosts: string[] } {
  const services: Service[] = [];
  const hosts: string[] = [];
  for (const host of rules.hosts) {
    const exact = site.services.get(host);
    const found = exact ? [exact] : host.startsWith('*') ? matching(site, host) : [];
    if (found.length > 0) services.push(...found);
    else hosts.push(host);
  }
  return { services: [...new Set(services)], hosts };
}

function matching(site: Site, pattern: string): Service[] {
  return [...site.services.values()].filter((service) => covers(pattern, service.host));
}

function routeSite(site: Site) {
  return { port: site.port, tls: false, serviceOf: (host: string) => site.services.get(host) };
}

function virtualHost(site: Site, service: Service, routes: readonly Json[]): Json {
  const aliases = site.aliases.filter((alias) => alias.aliasOf === service.host);
  return { ...base(`${service.host}:${site.port}`, serviceDomains(site.context, service, aliases)), routes };
}

function base(name: string, domains: readonly string[]): Json {
  return { name, domains, includeRequestAttemptCount: true };
}

/** A domain belongs to the first virtual host that has it; Envoy refuses the configuration otherwise. */
function withoutDuplicates(hosts: readonly Json[]): Json[] {
  const seen = new Set<string>();
  const result: Json[] = [];
  for (const host of hosts) {
    const domains = host.domains.filter((domain: string) => !seen.has(domain.toLowerCase()));
    for (const domain of domains) seen.add(domain.toLowerCase());
    if (domains.length > 0) result.push({ ...host, domains });
  }
  return result;
}

/** For hosts that nothing is known about. */
function catchAll(context: Generating): Json {
  if (context.scope.outbound === 'REGISTRY_ONLY') {
    return {
      ...base('block_all', ['*']),
      routes: [{ name: 'block_all', match: { prefix: '/' }, directResponse: { status: 502 } }],
    };
  }
  const route = { cluster: 'PassthroughCluster', ...timeouts(context, '0s') };
  return { ...base('allow_any', ['*']), routes: [{ name: 'allow_any', match: { prefix: '/' }, route }] };
}
