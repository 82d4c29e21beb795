/** Object metadata as every Kubernetes API object carries it. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Any Kubernetes object. Kinds narrow `spec`, `status` and the rest themselves. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: any;
  status?: any;
  data?: any;
  [field: string]: any;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** A resource by its plural name; `group` is empty for the core group. */
export interface ResourceId {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T }
  | { type: 'ERROR'; object: { kind: 'Status'; code: number; reason?: string; message?: string } };

export interface ListOptions {
  /** All namespaces when absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  limit?: number;
  continue?: string;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface WriteOptions {
  /** Name under which the fields are managed. */
  fieldManager?: string;
  force?: boolean;
  subresource?: string;
  signal?: AbortSignal;
}

/**
 * The Kubernetes API over one connection pool. Every method rejects with a `KubeError`, whose `code` is the HTTP status
 * and whose `reason` is the Status object's reason (`NotFound`, `Conflict`, `AlreadyExists`, `Gone`, …).
 */
export interface KubeClient {
  get<T extends KubeObject>(id: ResourceId, name: string, namespace?: string): Promise<T>;
  list<T extends KubeObject>(id: ResourceId, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(id: ResourceId, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces the object named in `object.metadata`; a stale resourceVersion is a Conflict. */
  update<T extends KubeObject>(id: ResourceId, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    id: ResourceId,
    name: string,
    namespace: string | undefined,
    type: PatchType,
    body: unknown,
    options?: WriteOptions,
  ): Promise<T>;
  delete(
    id: ResourceId,
    name: string,
    namespace?: string,
    options?: {
      gracePeriodSeconds?: number;
      propagationPolicy?: string;
      preconditions?: { uid?: string; resourceVersion?: string };
    },
  ): Promise<void>;
  /** Ends when the server closes the stream or the signal aborts; an expired version arrives as an ERROR event with code 410. */
  watch<T extends KubeObject>(
    id: ResourceId,
    options: ListOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** A request outside the resource paths; the body is JSON when it is not a string or Buffer. */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Buffer }>;
  close(): void;
}
