import type { Endpoint, Workload } from './ir/service.ts';
import type { World } from './scope/world.ts';
import type { XdsKind } from './translate.ts';

const all: ReadonlySet<XdsKind> = new Set<XdsKind>(['clusters', 'endpoints', 'listeners', 'routes']);
const none: ReadonlySet<XdsKind> = new Set();
const onlyEndpoints: ReadonlySet<XdsKind> = new Set<XdsKind>(['endpoints']);

/** What can differ between two worlds. Readiness and new addresses of known workloads touch nothing but endpoints. */
export function changedKinds(before: World | undefined, after: World): ReadonlySet<XdsKind> {
  if (before === after) return none;
  if (!before || !sameConfiguration(before, after)) return all;
  if (!sameWorkloads(before.workloads, after.workloads)) return all;
  return shape(before) === shape(after) ? onlyEndpoints : all;
}

function sameConfiguration(a: World, b: World): boolean {
  return (
    a.mesh === b.mesh &&
    a.services === b.services &&
    a.routeRules === b.routeRules &&
    a.policies === b.policies &&
    a.gateways === b.gateways &&
    a.sidecars === b.sidecars
  );
}

function sameWorkloads(a: ReadonlyMap<string, Workload>, b: ReadonlyMap<string, Workload>): boolean {
  if (a.size !== b.size) return false;
  for (const [address, workload] of a) {
    const other = b.get(address);
    if (!other || key(workload) !== key(other)) return false;
  }
  return true;
}

function key({ labels, serviceAccount, locality }: Workload): string {
  return JSON.stringify([labels, serviceAccount, locality]);
}

/** What clusters and listeners take from endpoints: identities, and the addresses of headless services. */
function shape(world: World): string {
  const parts: string[] = [];
  for (const service of world.services) {
    const endpoints = world.endpoints.get(service.host) ?? [];
    const tags = endpoints.map((endpoint) => tag(endpoint, service.resolution === 'headless'));
    parts.push(`${service.host}:${[...new Set(tags)].sort().join()}`);
  }
  return parts.join('\n');
}

function tag({ serviceAccount, tls, address, port, portName }: Endpoint, headless: boolean): string {
  return headless
    ? `${serviceAccount}/${tls}/${address}/${port}/${portName}`
    : `${serviceAccount}/${tls}/${port}/${portName}`;
}
