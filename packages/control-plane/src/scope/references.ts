import type { Problem } from '@lateen/kit';
import type { DestinationPolicy } from '../ir/destination.ts';
import type { GatewayRules } from '../ir/gateway.ts';
import type { ProxyNode } from '../ir/node.ts';
import type { Destination, RouteRules } from '../ir/route.ts';
import { policyFor } from './policies.ts';
import type { World } from './world.ts';

/** What resources refer to and is not there. The resources hold nevertheless: requests are answered as Envoy does without it. */
export function checkReferences(world: World, policies: readonly DestinationPolicy[]): Problem[] {
  const gateways = new Set(world.gateways.map((gateway) => `${gateway.namespace}/${gateway.name}`));
  return [
    ...world.routeRules.flatMap((rules) => [
      ...checkDestinations(world, rules),
      ...checkGateways(rules, gateways),
    ]),
    ...checkMeshHosts(world.routeRules),
    ...policies.flatMap((policy) => checkHost(world, policy)),
    ...checkServers(world.gateways),
  ];
}

/** In the mesh a host belongs to the oldest rules that have it. */
function checkMeshHosts(all: readonly RouteRules[]): Problem[] {
  const owners = new Map<string, RouteRules>();
  const problems: Problem[] = [];
  for (const rules of all) {
    if (!rules.gateways.includes('mesh')) continue;
    for (const [index, host] of rules.hosts.entries()) {
      const key = rules.exportTo.includes('*') ? host : `${rules.namespace}/${host}`;
      const owner = owners.get(key);
      if (!owner) owners.set(key, rules);
      else if (owner !== rules) {
        const message = `VirtualService "${owner.namespace}/${owner.name}" is older and has the host "${host}" too; only its rules hold`;
        problems.push(problem(rules.origin, 'HostConflict', `spec.hosts[${index}]`, message, 'warning'));
      }
    }
  }
  return problems;
}

/** Servers that are not served: those with TLS, and those that want another protocol than an older one on the port. */
function checkServers(gateways: readonly GatewayRules[]): Problem[] {
  const ports = new Map<string, string>();
  const problems: Problem[] = [];
  for (const gateway of gateways) {
    for (const server of gateway.servers) {
      const { path } = server.origin;
      if (needsTls(server)) {
        const message = `${server.protocol} servers are not served yet; use protocol HTTP or TCP`;
        problems.push(problem(gateway.origin, 'NotSupportedYet', `${path}.tls`, message));
      }
      const key = `${JSON.stringify(Object.entries(gateway.selector).sort())} ${server.bind ?? ''} ${server.port}`;
      const family =
        server.protocol === 'TCP' || server.protocol === 'MONGO'
          ? 'bytes'
          : needsTls(server)
            ? 'TLS'
            : 'HTTP';
      const first = ports.get(key) ?? family;
      ports.set(key, first);
      if (first !== family) {
        const message = `port ${server.port} already speaks ${first} for an older server; this one is not served`;
        problems.push(problem(gateway.origin, 'PortConflict', `${path}.port.protocol`, message));
      }
    }
  }
  return problems;
}

function needsTls(server: World['gateways'][number]['servers'][number]): boolean {
  return server.protocol === 'HTTPS' || server.protocol === 'TLS';
}

function* destinations(rules: RouteRules): Generator<Destination> {
  for (const route of rules.http) {
    for (const { destination } of route.destinations) yield destination;
    for (const { destination } of route.mirrors) yield destination;
  }
  for (const route of [...rules.tls, ...rules.tcp])
    for (const { destination } of route.destinations) yield destination;
}

function checkDestinations(world: World, rules: RouteRules): Problem[] {
  const problems: Problem[] = [];
  for (const destination of destinations(rules))
    problems.push(...checkDestination(world, rules, destination));
  return problems;
}

function checkDestination(world: World, rules: RouteRules, destination: Destination): Problem[] {
  const { host, subset, port, origin } = destination;
  const service = world.byHost.get(host);
  if (!service) {
    const covered = host.startsWith('*') && world.services.length > 0;
    if (covered) return [];
    const message = `no service "${host}" is known; requests that are sent there get 503. Create the service or correct the host`;
    return [problem(rules.origin, 'DestinationHostNotFound', `${origin.path}.host`, message)];
  }
  const problems: Problem[] = [];
  if (port !== undefined && !service.ports.some((entry) => entry.number === port)) {
    const known = service.ports.map((entry) => entry.number).join(', ');
    problems.push(
      problem(
        rules.origin,
        'DestinationPortNotFound',
        `${origin.path}.port.number`,
        `service "${host}" has no port ${port}; it has ${known}`,
      ),
    );
  }
  if (port === undefined && service.ports.length > 1 && rules.gateways.some((name) => name !== 'mesh')) {
    const known = service.ports.map((entry) => entry.number).join(', ');
    const message = `service "${host}" has the ports ${known}; say which one is meant`;
    problems.push(
      problem(rules.origin, 'DestinationPortRequired', `${origin.path}.port`, message, 'warning'),
    );
  }
  if (subset && !subsetsOf(world, rules, host).includes(subset)) {
    const known = subsetsOf(world, rules, host);
    const choice = known.length > 0 ? `it has ${known.join(', ')}` : 'no DestinationRule gives it any';
    const message = `host "${host}" has no subset "${subset}": ${choice}. Requests that are sent there get 503`;
    problems.push(problem(rules.origin, 'DestinationSubsetNotFound', `${origin.path}.subset`, message));
  }
  return problems;
}

function subsetsOf(world: World, rules: RouteRules, host: string): string[] {
  const client: ProxyNode = {
    id: '',
    cluster: '',
    type: 'sidecar',
    name: '',
    namespace: rules.namespace,
    addresses: [],
    labels: {},
    metadata: {},
  };
  const policy = policyFor(world.policies, client, world.byHost.get(host)!, world.mesh.rootNamespace);
  return policy?.subsets.map((subset) => subset.name) ?? [];
}

function checkGateways(rules: RouteRules, known: ReadonlySet<string>): Problem[] {
  return rules.gateways.flatMap((name, index) => {
    if (name === 'mesh' || known.has(name)) return [];
    return [
      problem(rules.origin, 'GatewayNotFound', `spec.gateways[${index}]`, `gateway "${name}" does not exist`),
    ];
  });
}

function checkHost(world: World, policy: DestinationPolicy): Problem[] {
  if (policy.host.startsWith('*') || world.byHost.has(policy.host)) return [];
  return [
    problem(
      policy.origin,
      'HostNotFound',
      'spec.host',
      `no service "${policy.host}" is known; the rule has no effect`,
      'warning',
    ),
  ];
}

function problem(
  origin: RouteRules['origin'],
  code: string,
  path: string,
  message: string,
  severity: Problem['severity'] = 'error',
): Problem {
  return {
    code,
    severity,
    path,
    message,
    object: { kind: origin.kind, namespace: origin.namespace, name: origin.name },
  };
}
