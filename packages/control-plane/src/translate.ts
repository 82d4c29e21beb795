import type { Problem, Result } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';

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

/** The node of a discovery request. */
export interface NodeInput {
  readonly id: string;
  readonly cluster?: string;
  readonly metadata?: Record<string, any>;
  readonly locality?: { region?: string; zone?: string; subZone?: string };
}

/** What a proxy is, read from its node. */
export interface ProxyNode {
  readonly id: string;
  readonly cluster: string;
  readonly type: 'sidecar' | 'router';
  readonly name: string;
  readonly namespace: string;
  /** Pod addresses; the first is the main one. */
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, any>>;
  readonly locality?: { region?: string; zone?: string; subZone?: string };
}

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
  /** Where pods and services live: 10.244.0.0/16. */
  readonly internalCidrs: readonly string[];
}

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
  /** What can differ between two models; only `endpoints` when nothing but pods' readiness and addresses changed. */
  changed(before: Model | undefined, after: Model): ReadonlySet<XdsKind>;
}

export function resourceName(resource: XdsResource): string {
  return resource.name ?? resource.clusterName;
}

/** Reads the node of a discovery request; a node that is no sidecar and no router is a problem. */
export function parseNode(_input: NodeInput): Result<ProxyNode | undefined> {
  throw new Error('not yet');
}

export function createTranslator(_options?: Partial<TranslateOptions>): Translator {
  throw new Error('not yet');
}
