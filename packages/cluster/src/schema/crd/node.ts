import type { SchemaNode } from '../types.ts';

/** An OpenAPI v3 schema as it stands in a CustomResourceDefinition. */
export type RawSchema = Readonly<Record<string, any>>;

const noNames: readonly string[] = [];

/** A schema of a custom resource; children are made when they are first asked for. */
export class CustomNode implements SchemaNode {
  readonly raw: RawSchema;
  readonly type: SchemaNode['type'];
  readonly format?: string;
  readonly required: readonly string[];
  readonly enum?: readonly unknown[];
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  readonly preserveUnknownFields: boolean;
  readonly embeddedResource: boolean;
  readonly nullable: boolean;
  readonly intOrString: boolean;
  readonly defaultValue?: unknown;
  private readonly children = new Map<string, CustomNode>();
  private element: CustomNode | undefined;

  constructor(raw: RawSchema) {
    this.raw = raw;
    this.intOrString = raw['x-kubernetes-int-or-string'] === true;
    this.type = nodeType(raw, this.intOrString);
    this.format = this.intOrString ? 'int-or-string' : raw.format;
    this.required = raw.required ?? noNames;
    if (raw.enum) this.enum = raw.enum;
    if (raw['x-kubernetes-list-type']) this.listType = raw['x-kubernetes-list-type'];
    if (raw['x-kubernetes-list-map-keys']) this.listMapKeys = raw['x-kubernetes-list-map-keys'];
    if (raw['x-kubernetes-map-type']) this.mapType = raw['x-kubernetes-map-type'];
    this.preserveUnknownFields = raw['x-kubernetes-preserve-unknown-fields'] === true;
    this.embeddedResource = raw['x-kubernetes-embedded-resource'] === true;
    this.nullable = raw.nullable === true;
    if (raw.default !== undefined) this.defaultValue = raw.default;
  }

  field(name: string): CustomNode | undefined {
    const { properties } = this.raw;
    if (properties === undefined || !Object.hasOwn(properties, name)) return undefined;
    let child = this.children.get(name);
    if (child === undefined) {
      child = new CustomNode(properties[name]);
      this.children.set(name, child);
    }
    return child;
  }

  fieldNames(): readonly string[] {
    return Object.keys(this.raw.properties ?? {});
  }

  items(): CustomNode | undefined {
    const raw = this.type === 'array' ? this.raw.items : additional(this.raw);
    if (raw === undefined) return undefined;
    this.element ??= new CustomNode(raw);
    return this.element;
  }
}

/** The schema of a map's values; undefined when there is none. */
function additional(raw: RawSchema): RawSchema | undefined {
  const { additionalProperties } = raw;
  return typeof additionalProperties === 'object' && additionalProperties !== null
    ? additionalProperties
    : undefined;
}

function nodeType(raw: RawSchema, intOrString: boolean): SchemaNode['type'] {
  if (intOrString) return 'any';
  if (raw.type === 'object') return additional(raw) === undefined ? 'object' : 'map';
  return raw.type ?? 'any';
}
