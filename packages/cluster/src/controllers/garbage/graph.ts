import type { KubeObject, OwnerReference } from '@lateen/kube';
import type { ApiResource } from '../discovery.ts';

/** An object as the garbage collector sees it. */
export interface GraphNode {
  readonly uid: string;
  resource: ApiResource;
  name: string;
  namespace: string | undefined;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  deleting: boolean;
}

/** Who owns whom, by uid. Owners need not be known: their dependents are. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** Objects that name this uid as an owner. */
  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].map((dependent) => this.#nodes.get(dependent)!);
  }

  put(resource: ApiResource, { metadata }: KubeObject): GraphNode {
    const uid = metadata.uid!;
    const before = this.#nodes.get(uid);
    const node: GraphNode = {
      uid,
      resource,
      name: metadata.name!,
      namespace: metadata.namespace,
      owners: metadata.ownerReferences ?? [],
      finalizers: metadata.finalizers ?? [],
      deleting: Boolean(metadata.deletionTimestamp),
    };
    for (const { uid: owner } of before?.owners ?? []) this.#unlink(owner, uid);
    for (const { uid: owner } of node.owners) this.#link(owner, uid);
    this.#nodes.set(uid, node);
    return node;
  }

  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    for (const { uid: owner } of node?.owners ?? []) this.#unlink(owner, uid);
    this.#nodes.delete(uid);
  }

  #link(owner: string, dependent: string): void {
    const set = this.#dependents.get(owner) ?? new Set();
    set.add(dependent);
    this.#dependents.set(owner, set);
  }

  #unlink(owner: string, dependent: string): void {
    const set = this.#dependents.get(owner);
    set?.delete(dependent);
    if (set?.size === 0) this.#dependents.delete(owner);
  }
}

/** Deleted, but waiting until its dependents are. */
export function isDeletingDependents(node: GraphNode): boolean {
  return node.deleting && node.finalizers.includes('foregroundDeletion');
}

/** Deleted, but waiting until its dependents have been let go. */
export function isOrphaning(node: GraphNode): boolean {
  return node.deleting && node.finalizers.includes('orphan');
}
