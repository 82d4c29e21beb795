import type { BoundPort, BoundServer } from '../../scope/gateways.ts';
import { type Generating, type Json, typed } from '../context.ts';
import { speaksHttp } from '../listeners/gateway.ts';
import { rulesRoutes } from './route.ts';

/** The route configuration `http.PORT` of a gateway's port: what all its servers' rules say. */
export function gatewayRoutes(context: Generating, name: string): (Json & { '@type': string }) | undefined {
  const bound = context.scope.gatewayPorts.find((port) => `http.${port.port}` === name);
  if (!bound?.servers.some(speaksHttp)) return undefined;
  const hosts = virtualHosts(context, bound);
  return typed('envoy.config.route.v3.RouteConfiguration', {
    name,
    ignorePortInHostMatching: true,
    maxDirectResponseBodySizeBytes: 1048576,
    validateClusters: false,
    virtualHosts: hosts.length > 0 ? hosts : [nothing(bound)],
  });
}

/** A host's routes, from every resource that names it. */
interface HostRoutes {
  readonly host: string;
  readonly port: number;
  routes: Json[];
  requireTls: boolean;
}

function virtualHosts(context: Generating, bound: BoundPort): Json[] {
  const byHost = new Map<string, HostRoutes>();
  for (const server of bound.servers.filter(speaksHttp)) addServer(context, server, byHost);
  return collapse([...byHost.values()]).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function addServer(context: Generating, bound: BoundServer, byHost: Map<string, HostRoutes>): void {
  const { server, gateway } = bound;
  const requireTls = server.tls?.httpsRedirect === true;
  for (const { rules, hosts } of bound.rules) {
    const site = { port: server.port, tls: false, serviceOf: context.scope.serviceOf };
    const routes = rulesRoutes(context, rules, site, new Set([`${gateway.namespace}/${gateway.name}`]));
    if (routes.length === 0 && !requireTls) continue;
    for (const host of hosts) {
      const known = byHost.get(host);
      if (known) known.routes = catchAllLast([...known.routes, ...routes]);
      else byHost.set(host, { host, port: server.port, routes, requireTls });
    }
  }
  if (!requireTls) return;
  for (const { host } of server.hosts) {
    const known = byHost.get(host);
    if (known) known.requireTls = true;
    else byHost.set(host, { host, port: server.port, routes: [], requireTls });
  }
}

/** With several resources for one host, what takes everything must not hide what others say. */
function catchAllLast(routes: readonly Json[]): Json[] {
  const takesAll = ({ match }: Json) => match.prefix === '/' && !match.headers && !match.queryParameters;
  return [...routes.filter((route) => !takesAll(route)), ...routes.filter(takesAll)];
}

/** Hosts with the very same routes share a virtual host. */
function collapse(hosts: readonly HostRoutes[]): Json[] {
  const result: { json: Json; routes: Json[]; requireTls: boolean }[] = [];
  for (const { host, port, routes, requireTls } of hosts) {
    const same = result.find((entry) => entry.routes === routes && entry.requireTls === requireTls);
    if (same) {
      same.json.domains.push(host);
      continue;
    }
    const json: Json = { name: `${host}:${port}`, domains: [host], includeRequestAttemptCount: true };
    if (routes.length > 0) json.routes = routes;
    if (requireTls) json.requireTls = 'ALL';
    result.push({ json, routes, requireTls });
  }
  return result.map((entry) => entry.json);
}

/** A port without any rules answers 404 to everything. */
function nothing(bound: BoundPort): Json {
  return { name: `blackhole:${bound.servers[0]?.server.port ?? bound.port}`, domains: ['*'] };
}
