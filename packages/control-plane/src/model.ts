import type { Problem, Result } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import { compileDestinationRule } from './compile/destination-rule/index.ts';
import { compileGateway } from './compile/gateway/index.ts';
import { compileMeshConfig } from './compile/mesh-config/index.ts';
import { compileSidecar } from './compile/sidecar/index.ts';
import { resolveDelegates } from './compile/virtual-service/delegate.ts';
import { compileVirtualService } from './compile/virtual-service/index.ts';
import type { MeshSettings } from './ir/mesh.ts';
import { memoEach, memoLast } from './memo.ts';
import {
  type EndpointIndex,
  indexServices,
  registerEndpoints,
  registerServices,
  type ServiceIndex,
} from './registry/index.ts';
import { byAge } from './registry/metadata.ts';
import { indexPolicies } from './scope/policies.ts';
import { checkReferences } from './scope/references.ts';
import type { World } from './scope/world.ts';
import type { Snapshot, TranslateOptions } from './translate.ts';

/** The world that a snapshot describes, and what is wrong in it. */
export interface Compiled {
  readonly world: World;
  readonly problems: readonly Problem[];
}

type Compile<T> = (object: any, mesh: MeshSettings) => Result<T>;

/** An object that a definition without a schema let through may have any shape: what cannot be read is left out and said. */
function guarded<T>(compile: Compile<T>): Compile<T | undefined> {
  return (object: KubeObject, mesh) => {
    try {
      return compile(object, mesh);
    } catch (error) {
      const { apiVersion, kind, metadata } = object;
      const about = { apiVersion, kind, namespace: metadata.namespace, name: metadata.name ?? '' };
      const message = `cannot be read (${(error as Error).message}); compare its fields with the definition of ${kind}`;
      return {
        value: undefined,
        problems: [{ code: 'Unreadable', severity: 'error', path: 'spec', object: about, message }],
      };
    }
  };
}

/** Compiles one kind: every object once, the list anew when one of it changed. Oldest first. */
function kind<T extends { created: number; name: string; namespace: string }>(compile: Compile<T>) {
  const each = memoEach<KubeObject, MeshSettings, Result<T | undefined>>(guarded(compile));
  return memoLast((objects: readonly KubeObject[], mesh: MeshSettings): Result<T[]> => {
    const results = objects.map((object) => each(object, mesh));
    return {
      value: results
        .map((result) => result.value)
        .filter((value) => value !== undefined)
        .sort(byAge),
      problems: results.flatMap((result) => result.problems),
    };
  });
}

/** Stages 3 and 4 with their caches: parts whose inputs are the same objects are not made again. */
export function createCompiler(options: TranslateOptions): (snapshot: Snapshot) => Compiled {
  const { domainSuffix, rootNamespace } = options;
  const mesh = memoLast((object: KubeObject | undefined) =>
    compileMeshConfig(object, { domainSuffix, rootNamespace }),
  );
  const services = memoLast(
    (objects: readonly KubeObject[], entries: readonly KubeObject[]): ServiceIndex =>
      indexServices(registerServices(objects, entries, domainSuffix)),
  );
  const endpoints = memoLast(
    (
      slices: readonly KubeObject[],
      pods: readonly KubeObject[],
      nodes: readonly KubeObject[],
      serviceEntries: readonly KubeObject[],
      workloadEntries: readonly KubeObject[],
      index: ServiceIndex,
    ): EndpointIndex =>
      registerEndpoints(
        { endpointSlices: slices, pods, nodes, serviceEntries, workloadEntries },
        index,
        domainSuffix,
      ),
  );
  const virtualServices = kind(compileVirtualService);
  const destinationRules = kind(compileDestinationRule);
  const gateways = kind(compileGateway);
  const sidecars = kind(compileSidecar);
  const delegates = memoLast(resolveDelegates);
  const policies = memoLast(indexPolicies);
  const references = memoLast((...parts: readonly unknown[]) =>
    checkReferences(parts[0] as World, parts[1] as never),
  );
  const worldOf = memoLast((...parts: readonly unknown[]) => toWorld(parts));

  return (snapshot) => {
    const settings = mesh(snapshot.meshConfig);
    const index = services(snapshot.services, snapshot.serviceEntries);
    const found = endpoints(
      snapshot.endpointSlices,
      snapshot.pods,
      snapshot.nodes,
      snapshot.serviceEntries,
      snapshot.workloadEntries,
      index,
    );
    const rules = virtualServices(snapshot.virtualServices, settings.value);
    const resolved = delegates(rules.value);
    const destinations = destinationRules(snapshot.destinationRules, settings.value);
    const open = gateways(snapshot.gateways, settings.value);
    const views = sidecars(snapshot.sidecars, settings.value);
    const world = worldOf(
      settings.value,
      index,
      found,
      resolved.value,
      policies(destinations.value),
      open.value,
      views.value,
    );
    const stages = [settings, rules, resolved, destinations, open, views];
    return {
      world,
      problems: [...stages.flatMap((stage) => stage.problems), ...references(world, destinations.value)],
    };
  };
}

function toWorld(parts: readonly unknown[]): World {
  const [mesh, index, found, routeRules, policies, gateways, sidecars] = parts as [
    World['mesh'],
    ServiceIndex,
    EndpointIndex,
    World['routeRules'],
    World['policies'],
    World['gateways'],
    World['sidecars'],
  ];
  return { mesh, ...index, ...found, routeRules, policies, gateways, sidecars };
}
