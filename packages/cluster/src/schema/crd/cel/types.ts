import type { RawSchema } from '../node.ts';
import { escapeField } from './values.ts';

/** A type of CEL, as far as rules are checked before they run. */
export interface CelType {
  /** `string`, `list`, `map`, `object`, `dyn`, `A` (a parameter), … */
  readonly name: string;
  readonly args: readonly CelType[];
  /** Of an object: the fields that rules can name. */
  readonly fields?: ReadonlyMap<string, CelType>;
  /** The schema that it was made from. */
  readonly schema?: RawSchema;
  /** The most characters, entries or elements that it can have; Infinity where that has no meaning. */
  readonly most: number;
  /** The fewest bytes of its JSON. */
  readonly least: number;
}

export function celType(name: string, args: readonly CelType[] = []): CelType {
  return { name, args, most: Number.POSITIVE_INFINITY, least: 1 };
}

export const dyn = celType('dyn');

/** The biggest request that the server takes. */
export const maxRequest = 3 * 1024 * 1024;

/** The type of a schema's values; undefined for a schema that says nothing. */
export function typeOfSchema(schema: RawSchema, root: boolean): CelType | undefined {
  if (schema['x-kubernetes-int-or-string']) return { ...dyn, most: maxRequest - 2 };
  const resource = root || schema['x-kubernetes-embedded-resource'] === true;
  switch (schema.type) {
    case 'array':
      return listOf(schema);
    case 'object':
      return typeof schema.additionalProperties === 'object' ? mapOf(schema) : objectOf(schema, resource);
    case 'string':
      return stringOf(schema);
    case 'boolean':
      return { ...celType('bool'), least: 4 };
    case 'number':
      return celType('double');
    case 'integer':
      return celType('int');
    default:
      return resource ? objectOf(schema, resource) : undefined;
  }
}

function listOf(schema: RawSchema): CelType | undefined {
  const items = typeOfSchema(schema.items ?? {}, false);
  if (items === undefined) return undefined;
  const most = schema.maxItems ?? Math.floor((maxRequest - 2) / (items.least + 1));
  return { ...celType('list', [items]), schema, most, least: 2 };
}

function mapOf(schema: RawSchema): CelType | undefined {
  const values = typeOfSchema(schema.additionalProperties, false);
  if (values === undefined) return undefined;
  const most = schema.maxProperties ?? Math.floor((maxRequest - 2) / (values.least + 6));
  // Kubernetes counts keys, and what metadata has, as empty.
  const keys = { ...celType('string'), most: 0, least: 2 };
  return { ...celType('map', [keys, values]), schema, most, least: 2 };
}

function objectOf(schema: RawSchema, resource: boolean): CelType {
  const fields = new Map<string, CelType>();
  let least = 2;
  for (const [name, property] of Object.entries<RawSchema>(schema.properties ?? {})) {
    const type = typeOfSchema(property, false);
    if (type === undefined) continue;
    fields.set(escapeField(name), type);
    const needed = schema.required?.includes(name) && property.default === undefined;
    if (needed) least += name.length + type.least + 4;
  }
  if (resource) {
    const text = { ...celType('string'), most: 0, least: 2 };
    const names = new Map([
      ['name', text],
      ['generateName', text],
    ]);
    fields.set('apiVersion', text).set('kind', text);
    fields.set('metadata', { ...celType('object'), fields: names, most: 0, least: 2 });
  }
  return { ...celType('object'), fields, schema, most: 0, least };
}

function stringOf(schema: RawSchema): CelType {
  switch (schema.format) {
    case 'byte':
      return { ...celType('bytes'), most: schema.maxLength ?? maxRequest - 2, least: 2 };
    case 'duration':
      return { ...celType('duration'), most: 32, least: 4 };
    case 'date':
      return { ...celType('timestamp'), most: 12, least: 12 };
    case 'date-time':
      return { ...celType('timestamp'), most: 64, least: 22 };
    default: {
      const listed = Math.max(0, ...(schema.enum ?? []).map((one: unknown) => String(one).length));
      const most = schema.enum ? listed : maxRequest - 2;
      return {
        ...celType('string'),
        most: schema.maxLength === undefined ? most : schema.maxLength * 4,
        least: 2,
      };
    }
  }
}

/** A type as error texts have it. */
export function printType(type: CelType): string {
  if (type.name === 'object') return 'object';
  return type.args.length > 0 ? `${type.name}(${type.args.map(printType).join(', ')})` : type.name;
}

/** Whether a value of one type may stand where the other is asked for; binds type parameters. */
export function assignable(given: CelType, wanted: CelType, bound: Map<string, CelType>): boolean {
  if (/^[A-Z]$/.test(wanted.name)) {
    const known = bound.get(wanted.name);
    if (known === undefined || (known.name === 'dyn' && given.name !== 'dyn')) {
      bound.set(wanted.name, given);
      return true;
    }
    return assignable(given, known, bound) || assignable(known, given, bound);
  }
  if (given.name === 'dyn' || wanted.name === 'dyn') return true;
  if (given.name === 'null') return ['null', 'object', 'timestamp', 'duration'].includes(wanted.name);
  if (given.name !== wanted.name) return false;
  if (given.name === 'object') return given.fields === wanted.fields || given.schema === wanted.schema;
  return given.args.every((arg, index) => assignable(arg, wanted.args[index] ?? dyn, bound));
}

/** A signature's type with what its parameters stand for. */
export function substitute(type: CelType, bound: ReadonlyMap<string, CelType>): CelType {
  if (/^[A-Z]$/.test(type.name)) return bound.get(type.name) ?? dyn;
  if (type.args.length === 0) return type;
  return { ...type, args: type.args.map((arg) => substitute(arg, bound)) };
}
