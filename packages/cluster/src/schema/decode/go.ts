import type { SchemaNode } from '../types.ts';
import { readSpecial } from './special.ts';
import { typeError } from './type-error.ts';

/** What came of reading a value as Go would read it into the type of a node. */
export interface GoDecoded {
  readonly value: unknown;
  /** `unknown field "spec.x"`, `duplicate field "data.a"`. */
  readonly strict: readonly string[];
  /** The first type error. */
  readonly error?: string;
}

/** Ends decoding at once, as an error of a type's own unmarshaller does. */
export class FatalDecodeError extends Error {}

const maxStrictErrors = 100;

/**
 * Reads a value into the type of a node: unknown fields are left out, empty values that Go does not write are dropped,
 * structs that it always writes are added, fields come in the order of their declaration.
 */
export function decodeAs(
  node: SchemaNode,
  value: unknown,
  duplicates: ReadonlyMap<object, readonly string[]>,
): GoDecoded {
  const decoder = new Decoder(duplicates);
  try {
    const out = decoder.read(node, value, '', '', '');
    return {
      value: out,
      strict: [...decoder.strict],
      ...(decoder.error === undefined ? {} : { error: decoder.error }),
    };
  } catch (error) {
    if (!(error instanceof FatalDecodeError)) throw error;
    return { value: undefined, strict: [], error: error.message };
  }
}

class Decoder {
  readonly strict = new Set<string>();
  error: string | undefined;
  private readonly duplicates: ReadonlyMap<object, readonly string[]>;

  constructor(duplicates: ReadonlyMap<object, readonly string[]>) {
    this.duplicates = duplicates;
  }

  private note(kind: string, path: string): void {
    if (this.strict.size < maxStrictErrors) this.strict.add(`${kind} field ${JSON.stringify(path)}`);
  }

  private mismatch(node: SchemaNode, value: unknown, struct: string, field: string): undefined {
    this.error ??= typeError(jsonKind(node, value), goTypeOf(node), struct, field);
    return undefined;
  }

  /** `struct` and `field` are where Go stands; `path` is the same with indices and map keys. */
  read(node: SchemaNode, value: unknown, path: string, struct: string, field: string): unknown {
    if (value === null || value === undefined) return undefined;
    if (node.format !== undefined && node.type !== 'integer' && node.type !== 'number') {
      const special = readSpecial(node.format, value, struct, field);
      if (special !== undefined) return this.specialOutcome(special);
    }
    switch (node.type) {
      case 'object':
        return isObject(value)
          ? this.struct(node, value, path, field)
          : this.mismatch(node, value, struct, field);
      case 'map':
        return isObject(value)
          ? this.map(node, value, path, struct, field)
          : this.mismatch(node, value, struct, field);
      case 'array':
        return Array.isArray(value)
          ? value.map((item, index) => this.element(node, item, `${path}[${index}]`, struct, field))
          : this.mismatch(node, value, struct, field);
      case 'any':
        return value;
      default:
        return scalarFits(node, value) ? value : this.mismatch(node, value, struct, field);
    }
  }

  private specialOutcome(special: { value?: unknown; saved?: string; fatal?: string }): unknown {
    if (special.fatal !== undefined) throw new FatalDecodeError(special.fatal);
    if (special.saved !== undefined) this.error ??= special.saved;
    return special.value;
  }

  private element(list: SchemaNode, item: unknown, path: string, struct: string, field: string): unknown {
    const node = list.items()!;
    return this.read(node, item, path, struct, field) ?? zeroElement(node);
  }

  private map(
    node: SchemaNode,
    value: Record<string, unknown>,
    path: string,
    struct: string,
    field: string,
  ): unknown {
    const out: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value))
      out[key] = this.element(node, item, joined(path, key), struct, field);
    for (const key of this.duplicates.get(value) ?? []) this.note('duplicate', joined(path, key));
    return out;
  }

  private struct(node: SchemaNode, value: Record<string, unknown>, path: string, field: string): unknown {
    const read = new Map<string, unknown>();
    const name = structName(node);
    for (const [key, item] of Object.entries(value)) {
      const child = node.field(key);
      if (child === undefined) this.note('unknown', joined(path, key));
      else
        read.set(
          key,
          this.read(child, item, joined(path, key), name, field === '' ? key : `${field}.${key}`),
        );
    }
    for (const key of this.duplicates.get(value) ?? []) {
      if (node.field(key) !== undefined) this.note('duplicate', joined(path, key));
    }
    return encodeStruct(node, read);
  }
}

/** What Go writes for a struct with these fields. */
function encodeStruct(node: SchemaNode, values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name of node.fieldNames()) {
    const value = encodeField(node.field(name)!, values.get(name));
    if (value !== undefined) out[name] = value;
  }
  return out;
}

function encodeField(node: SchemaNode, value: unknown): unknown {
  const go = node.go!;
  if (value === undefined) return absentField(node);
  if (go.omitEmpty && isEmpty(node, value)) return undefined;
  return value;
}

function absentField(node: SchemaNode): unknown {
  const go = node.go!;
  if (go.pointer) return go.omitEmpty ? undefined : null;
  if (node.type === 'object') return go.omitZero ? undefined : encodeStruct(node, new Map());
  if (isTime(node)) return go.omitZero ? undefined : null;
  if (go.omitEmpty && node.format !== 'quantity' && node.format !== 'int-or-string') return undefined;
  return zeroValue(node);
}

function isTime(node: SchemaNode): boolean {
  return node.format === 'date-time' || node.format === 'micro-time';
}

function zeroValue(node: SchemaNode): unknown {
  switch (node.type) {
    case 'string':
      if (node.format === 'int-or-string') return 0;
      if (node.format === 'byte') return null;
      return node.format === 'quantity' ? '0' : node.format === 'duration' ? '0s' : '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return encodeStruct(node, new Map());
    default:
      return null;
  }
}

function zeroElement(node: SchemaNode): unknown {
  return node.go?.pointer ? null : zeroValue(node);
}

function isEmpty(node: SchemaNode, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (node.type === 'map') return Object.keys(value as object).length === 0;
  if (node.go?.pointer || node.format === 'int-or-string' || node.format === 'quantity') return false;
  return value === '' || value === 0 || value === false;
}

function scalarFits(node: SchemaNode, value: unknown): boolean {
  if (node.type === 'string') return typeof value === 'string';
  if (node.type === 'boolean') return typeof value === 'boolean';
  if (typeof value !== 'number') return false;
  return node.type === 'number' || (Number.isInteger(value) && Math.abs(value) <= integerLimit(node.format));
}

function integerLimit(format: string | undefined): number {
  return format === 'int32' ? 2_147_483_647 : 2 ** 63;
}

function jsonKind(node: SchemaNode, value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return 'object';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && (node.type === 'integer' || node.type === 'number'))
    return `number ${value}`;
  return typeof value;
}

function goTypeOf(node: SchemaNode): string {
  return node.go?.name ?? node.type;
}

function structName(node: SchemaNode): string {
  const name = node.definition ?? '';
  return name.slice(name.lastIndexOf('.') + 1);
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
