import type { Problem } from '@lateen/kit';
import type { DestinationPolicy } from '../ir/destination.ts';
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
    ...policies.flatMap((policy) => checkHost(world, policy)),
    ...world.gateways.flatMap((gateway) =>
      gateway.servers
        .filter((server) => needsTls(server))
        .map((server) =>
          problem(
            gateway.origin,
            'NotSupportedYet',
            `${server.origin.path}.tls`,
            `${server.protocol} servers are not served yet; use protocol HTTP or TCP`,
          ),
        ),
    ),
  ];
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
