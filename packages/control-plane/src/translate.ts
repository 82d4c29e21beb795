import type { Problem } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import { changedKinds } from './changes.ts';
import { generateClusters } from './generate/clusters/index.ts';
import { separateEndpointNames } from './generate/clusters/outbound.ts';
import { type Generating, generating } from './generate/context.ts';
import { generateEndpoints } from './generate/endpoints/index.ts';
import { generateListeners, routeNames } from './generate/listeners/index.ts';
import { generateRoutes } from './generate/routes/index.ts';
import type { ProxyNode } from './ir/node.ts';
import { Interned } from './memo.ts';
import { type Compiled, createCompiler } from './model.ts';
import { scopeFor } from './scope/index.ts';

export type { ProxyNode } from './ir/node.ts';
export { type NodeInput, parseNode } from './node.ts';

/** A resource in canonical proto3 JSON, with its type in `@type`. */
export interface XdsResource {
  readonly '@type': string;
  readonly [field: string]: any;
}

export type XdsKind = 'clusters' | 'endpoints' | 'listeners' | 'routes';

/**
 * The inputs, typed and unordered. A collection whose array is the same object as before counts as unchanged, and so does
 * an element: keep the identity of what did not change.
 */
export interface Snapshot {
  readonly services: readonly KubeObject[];
  readonly endpointSlices: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  readonly namespaces: readonly KubeObject[];
  /** The ConfigMap `istio` of the root namespace (key `mesh`), if it is there. */
  readonly meshConfig?: KubeObject;
  readonly gateways: readonly KubeObject[];
  readonly virtualServices: readonly KubeObject[];
  readonly destinationRules: readonly KubeObject[];
  readonly serviceEntries: readonly KubeObject[];
  readonly workloadEntries: readonly KubeObject[];
  readonly sidecars: readonly KubeObject[];
  readonly peerAuthentications: readonly KubeObject[];
}

export const emptySnapshot: Snapshot = {
  services: [],
  endpointSlices: [],
  pods: [],
  nodes: [],
  namespaces: [],
  gateways: [],
  virtualServices: [],
  destinationRules: [],
  serviceEntries: [],
  workloadEntries: [],
  sidecars: [],
  peerAuthentications: [],
};

export interface TranslateOptions {
  /** `cluster.local` */
  readonly domainSuffix: string;
  /** Root namespace when MeshConfig has none: `istio-system`. */
  readonly rootNamespace: string;
  /**
   * Outbound connection managers of sidecars see the address of the application: `useRemoteAddress`, `skipXffAppend` and
   * `internalAddressConfig` of `internalCidrs`. On by default; istiod has it off.
   */
  readonly useRemoteAddress: boolean;
  /** Where pods live: 10.244.0.0/16. */
  readonly internalCidrs: readonly string[];
}

export const defaultTranslateOptions: TranslateOptions = {
  domainSuffix: 'cluster.local',
  rootNamespace: 'istio-system',
  useRemoteAddress: true,
  internalCidrs: ['10.244.0.0/16'],
};

/** All that does not depend on the proxy: stages 3 and 4. */
export interface Model {
  readonly problems: readonly Problem[];
  /** Opaque to callers. */
  readonly state: unknown;
}

/**
 * The pure stages with their caches. Every method is synchronous; results are shared and must not be changed. A returned
 * resource is the same object as before when nothing in it changed, so that encodings can be kept by identity.
 */
export interface Translator {
  model(snapshot: Snapshot): Model;
  clusters(model: Model, node: ProxyNode): readonly XdsResource[];
  listeners(model: Model, node: ProxyNode): readonly XdsResource[];
  /** The route configurations by name; without names all that the node's listeners refer to. Unknown names are left out. */
  routes(model: Model, node: ProxyNode, names?: readonly string[]): readonly XdsResource[];
  /** The load assignments by cluster name; without names those of all EDS clusters of the node. */
  endpoints(model: Model, node: ProxyNode, names?: readonly string[]): readonly XdsResource[];
  /** What can differ between two models; only `endpoints` when nothing but endpoints' readiness changed. */
  changed(before: Model | undefined, after: Model): ReadonlySet<XdsKind>;
}

export function resourceName(resource: XdsResource): string {
  return resource.name ?? resource.clusterName;
}

export function createTranslator(options: Partial<TranslateOptions> = {}): Translator {
  return new StageRunner({ ...defaultTranslateOptions, ...options });
}

class StageRunner implements Translator {
  private readonly options: TranslateOptions;
  private readonly compile: ReturnType<typeof createCompiler>;
  private readonly interned = new Interned<XdsResource>();
  /** What was made of a model for each node; goes with the model. */
  private readonly made = new WeakMap<Compiled['world'], Map<ProxyNode, NodeResults>>();

  constructor(options: TranslateOptions) {
    this.options = options;
    this.compile = createCompiler(options);
  }

  model(snapshot: Snapshot): Model {
    const compiled = this.compile(snapshot);
    return { problems: compiled.problems, state: compiled.world };
  }

  clusters(model: Model, node: ProxyNode): readonly XdsResource[] {
    const results = this.resultsOf(model, node);
    results.clusters ??= this.intern('c', generateClusters(results.context));
    return results.clusters;
  }

  listeners(model: Model, node: ProxyNode): readonly XdsResource[] {
    const results = this.resultsOf(model, node);
    results.listeners ??= this.intern('l', generateListeners(results.context));
    return results.listeners;
  }

  routes(model: Model, node: ProxyNode, names?: readonly string[]): readonly XdsResource[] {
    const wanted = names ?? routeNames(this.listeners(model, node) as never);
    return this.intern('r', generateRoutes(this.resultsOf(model, node).context, wanted));
  }

  endpoints(model: Model, node: ProxyNode, names?: readonly string[]): readonly XdsResource[] {
    const { context } = this.resultsOf(model, node);
    return this.intern('e', generateEndpoints(context, names ?? separateEndpointNames(context)));
  }

  changed(before: Model | undefined, after: Model): ReadonlySet<XdsKind> {
    return changedKinds(before?.state as Compiled['world'] | undefined, after.state as Compiled['world']);
  }

  private intern(kind: string, resources: readonly XdsResource[]): XdsResource[] {
    return resources.map((resource) => this.interned.same(`${kind} ${resourceName(resource)}`, resource));
  }

  private resultsOf(model: Model, node: ProxyNode): NodeResults {
    const world = model.state as Compiled['world'];
    let byNode = this.made.get(world);
    if (!byNode) {
      byNode = new Map();
      this.made.set(world, byNode);
    }
    let results = byNode.get(node);
    if (!results) {
      results = { context: generating(scopeFor(world, node), this.options) };
      byNode.set(node, results);
    }
    return results;
  }
}

interface NodeResults {
  readonly context: Generating;
  clusters?: readonly XdsResource[];
  listeners?: readonly XdsResource[];
}
