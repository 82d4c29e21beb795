import type { SchemaNode } from '../types.ts';
import { TABLE } from './gen/table.ts';

/** Name, Go type, `o`mitempty/omit`z`ero, and what OpenAPI says of the field. */
export type FieldRow = readonly [name: string, type: string, flags: string, extras?: FieldExtras];

export interface FieldExtras {
  readonly r?: 1;
  readonly l?: 'atomic' | 'set' | 'map';
  readonly k?: readonly string[];
  readonly m?: 'atomic' | 'granular';
  readonly p?: string;
  readonly s?: string;
  readonly e?: readonly unknown[];
  readonly f?: string;
}

export interface BuiltinTable {
  readonly kinds: Readonly<Record<string, string>>;
  readonly structs: Readonly<Record<string, readonly FieldRow[]>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly atomic: ReadonlySet<string>;
  readonly unions: Readonly<Record<string, unknown>>;
  /** The schema of a struct by its short name; nodes are made once. */
  node(struct: string): SchemaNode;
}

/** Types with a way of their own to be read from JSON. */
const special: Readonly<Record<string, Pick<SchemaNode, 'type' | 'format'>>> = {
  '%api.resource.Quantity': { type: 'string', format: 'quantity' },
  '%util.intstr.IntOrString': { type: 'string', format: 'int-or-string' },
  '%runtime.RawExtension': { type: 'any', format: 'raw' },
  '~meta.v1.Time': { type: 'string', format: 'date-time' },
  '~meta.v1.MicroTime': { type: 'string', format: 'micro-time' },
  '~meta.v1.Duration': { type: 'string', format: 'duration' },
  '~meta.v1.FieldsV1': { type: 'any', format: 'raw' },
  '^apiextensions.v1.JSON': { type: 'any', format: 'raw' },
  '^apiextensions.v1.JSONSchemaPropsOrArray': { type: 'any', format: 'raw' },
  '^apiextensions.v1.JSONSchemaPropsOrBool': { type: 'any', format: 'raw' },
  '^apiextensions.v1.JSONSchemaPropsOrStringArray': { type: 'any', format: 'raw' },
  '^apiextensions.v1.CustomResourceSubresourceStatus': { type: 'any', format: 'raw' },
  '%types.UID': { type: 'string' },
  '%version.Info': { type: 'any' },
};

const prefixes: Readonly<Record<string, string>> = {
  '~': 'io.k8s.apimachinery.pkg.apis.',
  '^': 'io.k8s.apiextensions-apiserver.pkg.apis.',
  '!': 'io.k8s.kube-aggregator.pkg.apis.',
  '%': 'io.k8s.apimachinery.pkg.',
};

/** `~meta.v1.ObjectMeta` → `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`. */
export function definitionName(short: string): string {
  const prefix = prefixes[short[0]!];
  return prefix === undefined ? `io.k8s.api.${short}` : prefix + short.slice(1);
}

/** `[]core.v1.Container` → `[]v1.Container`. */
export function goName(type: string): string {
  const prefix = /^(\*|\[\])/.exec(type)?.[0];
  if (prefix !== undefined) return prefix + goName(type.slice(prefix.length));
  const map = /^map\[([^\]]+)\](.*)$/.exec(type);
  if (map !== null) return `map[${goName(map[1]!)}]${goName(map[2]!)}`;
  if (type === 'byte') return 'uint8';
  return type.split('.').slice(-2).join('.');
}

const none: readonly string[] = [];

/** Fields that complete the keys of list entries in server-side apply. */
const keyDefaults: Readonly<Record<string, unknown>> = {
  'core.v1.ContainerPort.protocol': 'TCP',
  'core.v1.ServicePort.protocol': 'TCP',
};

/** What Go writes for a field that nobody set. */
const zeroValues: Readonly<Record<string, unknown>> = { string: '', integer: 0, boolean: false };

function numberType(type: string): SchemaNode['type'] | undefined {
  if (/^u?int(8|16|32|64)?$/.test(type)) return 'integer';
  if (/^float(32|64)$/.test(type)) return 'number';
  return undefined;
}

function lazyNode(make: () => SchemaNode): () => SchemaNode {
  let node: SchemaNode | undefined;
  return () => {
    node ??= make();
    return node;
  };
}

function openTable(): BuiltinTable {
  const raw = JSON.parse(TABLE);
  const atomic: ReadonlySet<string> = new Set(raw.atomic);
  const structs = raw.structs as Record<string, readonly FieldRow[]>;
  const aliases = raw.aliases as Record<string, string>;
  const nodes = new Map<string, SchemaNode>();

  function makeStruct(short: string): SchemaNode {
    const rows = structs[short]!;
    const fields = new Map(
      rows.map((row) => [
        row[0],
        lazyNode(() => makeNode(row[1], row[2], row[3] ?? {}, `${short}.${row[0]}`)),
      ]),
    );
    const names = rows.map((row) => row[0]);
    return {
      type: 'object',
      go: { name: goName(short), pointer: false, omitEmpty: false, omitZero: false },
      definition: definitionName(short),
      field: (name) => fields.get(name)?.(),
      fieldNames: () => names,
      items: () => undefined,
      required: rows.filter((row) => row[3]?.r === 1).map((row) => row[0]),
      ...(atomic.has(short) ? { mapType: 'atomic' as const } : {}),
    };
  }

  function structNode(short: string): SchemaNode {
    let node = nodes.get(short);
    if (node === undefined) {
      node = makeStruct(short);
      nodes.set(short, node);
    }
    return node;
  }

  function shape(type: string): SchemaNode {
    const leaf = { field: () => undefined, fieldNames: () => none, items: () => undefined, required: none };
    if (special[type] !== undefined) return { ...leaf, ...special[type], definition: definitionName(type) };
    if (type === '[]byte') return { ...leaf, type: 'string', format: 'byte' };
    const element = /^(?:\[\]|map\[[^\]]+\])(.*)$/.exec(type)?.[1];
    if (element !== undefined) {
      const items = lazyNode(() => makeNode(element, '', {}, ''));
      return { ...leaf, type: type.startsWith('[') ? 'array' : 'map', items };
    }
    if (aliases[type] !== undefined) return shape(aliases[type]);
    const number = numberType(type);
    if (number !== undefined) return { ...leaf, type: number, format: type };
    if (structs[type] !== undefined) return structNode(type);
    return { ...leaf, type: type === 'bool' ? 'boolean' : 'string' };
  }

  function makeNode(type: string, flags: string, extras: FieldExtras, place: string): SchemaNode {
    const pointer = type.startsWith('*');
    const bare = pointer ? type.slice(1) : type;
    const base = shape(bare);
    const node: Record<string, unknown> = { ...base };
    node.go = { name: goName(bare), pointer, omitEmpty: flags.includes('o'), omitZero: flags.includes('z') };
    if (extras.l !== undefined) node.listType = extras.l;
    if (extras.k !== undefined) node.listMapKeys = extras.k;
    if (extras.m !== undefined) node.mapType = extras.m;
    if (extras.p !== undefined) node.patchMergeKey = extras.p;
    if (extras.s !== undefined) node.patchStrategy = extras.s;
    if (extras.e !== undefined) node.enum = extras.e;
    const zero = flags === '' && !pointer ? zeroValues[base.type] : undefined;
    const completes = keyDefaults[place] ?? zero;
    if (completes !== undefined) node.defaultValue = completes;
    return node as unknown as SchemaNode;
  }

  return { kinds: raw.kinds, structs, aliases, atomic, unions: raw.unions, node: structNode };
}

function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

/** The table of built-in kinds, read on first use. */
export const builtinTable: () => BuiltinTable = once(openTable);
