import type { KubeObject } from '@lateen/kube/types';

export type { KubeObject } from '@lateen/kube/types';

export interface GroupVersionKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** One cause of a 422 Status, as in `status.details.causes`. */
export interface FieldError {
  /** `FieldValueInvalid`, `FieldValueRequired`, … */
  readonly reason: string;
  /** `spec.ports[0].name`; `<nil>` when the rule has no place. */
  readonly field: string;
  /** Without the field: `Invalid value: "x": must be …`. */
  readonly message: string;
}

/** A refusal: everything that a Status object needs. */
export interface ApiFailure {
  readonly code: number;
  /** `BadRequest`, `Invalid`, `Conflict`, `UnsupportedMediaType`, … */
  readonly reason: string;
  readonly message: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly causes?: readonly FieldError[];
  };
}

export interface Decoded {
  /** Present when `error` is not. */
  readonly object?: KubeObject;
  readonly warnings: readonly string[];
  readonly error?: ApiFailure;
}

/** A printer column of a custom resource. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** What Go's declaration of a field or element says; built-in kinds only. */
export interface GoType {
  /** As reflection prints it: `v1.PullPolicy`, `[]v1.Container`, `map[string]string`. */
  readonly name: string;
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  /** Left out when it is a zero struct. */
  readonly omitZero: boolean;
}

/** One place in a schema: what decoding, patches, server-side apply and OpenAPI need to know of it. */
export interface SchemaNode {
  readonly type: 'object' | 'map' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'any';
  /** Besides OpenAPI's: `quantity`, `date-time`, `micro-time`, `duration`, `int-or-string`, `byte`, `raw`. */
  readonly format?: string;
  readonly go?: GoType;
  /** The name of the definition in OpenAPI documents, such as `io.k8s.api.core.v1.Container`. */
  readonly definition?: string;
  /** A field of an object; looked up lazily because schemas are recursive. */
  field(name: string): SchemaNode | undefined;
  fieldNames(): readonly string[];
  /** Elements of an array, values of a map. */
  items(): SchemaNode | undefined;
  readonly required: readonly string[];
  readonly enum?: readonly unknown[];
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  readonly patchMergeKey?: string;
  readonly patchStrategy?: string;
  readonly preserveUnknownFields?: boolean;
  readonly embeddedResource?: boolean;
  readonly nullable?: boolean;
  /** The default, by which server-side apply completes the keys of list entries. */
  readonly defaultValue?: unknown;
}

/** One kind in one version, built-in or custom: the first argument of everything here. */
export interface KindSchema {
  readonly gvk: GroupVersionKind;
  readonly custom: boolean;
  readonly namespaced: boolean;
  readonly root: SchemaNode;
  /** Fills in defaults, in place, and returns the object. */
  applyDefaults(object: KubeObject): KubeObject;
  /** All causes; `old` makes it an update with its immutability rules. */
  validate(object: KubeObject, old?: KubeObject, subresource?: string): FieldError[];
}

/** One version of a CustomResourceDefinition. */
export interface CompiledVersion extends KindSchema {
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated: boolean;
  readonly deprecationWarning: string;
  readonly columns: readonly PrinterColumn[];
  readonly hasStatus: boolean;
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  readonly selectableFields: readonly string[];
  /** Removes fields that the schema does not have, in place; answers their paths. */
  prune(object: KubeObject): string[];
  /** The schema as it stands in the definition, for OpenAPI. */
  readonly rawSchema: unknown;
}

export interface CompiledCrd {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly versions: ReadonlyMap<string, CompiledVersion>;
}
