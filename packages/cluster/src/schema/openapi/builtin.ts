import { builtinTable } from '../builtin/table.ts';
import type { SchemaNode } from '../types.ts';
import type { Json } from './types.ts';

/** How a document refers to a definition: v2 has `$ref` alone, v3 wraps it. */
export type Reference = (definition: string) => Json;

/** Definitions of types that read themselves from JSON. */
const specialDefinitions: Readonly<Record<string, Json>> = {
  'date-time': { type: 'string', format: 'date-time' },
  'micro-time': { type: 'string', format: 'date-time' },
  duration: { type: 'string' },
};

function specialDefinition(node: SchemaNode, v3: boolean): Json {
  const format = node.format ?? '';
  if (format === 'int-or-string')
    return v3 ? { oneOf: [{ type: 'integer' }, { type: 'string' }], format } : { type: 'string', format };
  if (format === 'quantity')
    return v3 ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' };
  if (format === 'raw') return node.definition?.endsWith('.JSON') ? {} : { type: 'object' };
  return specialDefinitions[format] ?? { type: 'object' };
}

/** The definitions that some structs need, by name, with everything they refer to. */
export function definitionsFor(structs: readonly string[], reference: Reference, v3: boolean): Json {
  const table = builtinTable();
  const gvks = kindsByDefinition();
  const out: Json = {};
  const visit = (node: SchemaNode): void => {
    const name = node.definition!;
    if (out[name] !== undefined) return;
    out[name] = {};
    out[name] =
      node.type === 'object' ? structDefinition(node, refer, gvks.get(name)) : specialDefinition(node, v3);
  };
  const refer = (node: SchemaNode): Json => {
    visit(node);
    return reference(node.definition!);
  };
  for (const struct of structs) visit(table.node(struct));
  return Object.fromEntries(Object.entries(out).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

type Refer = (node: SchemaNode) => Json;

/** Kinds that exist in every group version. */
const everywhere = ['DeleteOptions', 'WatchEvent'];

function kindsByDefinition(): Map<string, Json[]> {
  const table = builtinTable();
  const out = new Map<string, Json[]>();
  for (const [key, struct] of Object.entries(table.kinds)) {
    const [group, version, kind] = key.split('/');
    const name = table.node(struct).definition!;
    if (!everywhere.includes(kind!)) out.set(name, [{ group, kind, version }]);
  }
  return out;
}

function structDefinition(node: SchemaNode, refer: Refer, gvks: Json[] | undefined): Json {
  const properties: Json = {};
  for (const name of [...node.fieldNames()].toSorted()) properties[name] = property(node.field(name)!, refer);
  return {
    type: 'object',
    ...(node.required.length > 0 && { required: [...node.required] }),
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(gvks && { 'x-kubernetes-group-version-kind': gvks }),
    ...(node.mapType && { 'x-kubernetes-map-type': node.mapType }),
  };
}

function property(node: SchemaNode, refer: Refer): Json {
  return { ...shape(node, refer), ...(node.type === 'array' ? {} : enumOf(node)), ...extensions(node) };
}

function enumOf(node: SchemaNode): Json {
  return node.enum === undefined ? {} : { enum: [...node.enum] };
}

const plainFormats: ReadonlySet<string> = new Set(['int32', 'int64', 'byte', 'double']);

function shape(node: SchemaNode, refer: Refer): Json {
  if (node.definition !== undefined && node.definition !== 'io.k8s.apimachinery.pkg.types.UID')
    return refer(node);
  switch (node.type) {
    case 'array':
      return { type: 'array', items: { ...shape(node.items()!, refer), ...enumOf(node) } };
    case 'map':
      return { type: 'object', additionalProperties: shape(node.items()!, refer) };
    case 'any':
    case 'object':
      return { type: 'object' };
    default:
      return { type: node.type, ...(plainFormats.has(node.format ?? '') && { format: node.format }) };
  }
}

function extensions(node: SchemaNode): Json {
  return {
    ...(node.listMapKeys && { 'x-kubernetes-list-map-keys': [...node.listMapKeys] }),
    ...(node.listType && { 'x-kubernetes-list-type': node.listType }),
    ...(node.mapType && node.type === 'map' && { 'x-kubernetes-map-type': node.mapType }),
    ...(node.patchMergeKey && { 'x-kubernetes-patch-merge-key': node.patchMergeKey }),
    ...(node.patchStrategy && { 'x-kubernetes-patch-strategy': node.patchStrategy }),
  };
}
