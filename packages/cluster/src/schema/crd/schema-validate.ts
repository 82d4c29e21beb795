import { RE2JS } from 're2js';
import { isObject } from '../decode/go.ts';
import { forbidden, invalidValue, notSupported, required } from '../errors.ts';
import { byteOrder } from '../gotext.ts';
import { deepEqual } from '../patch/json.ts';
import type { FieldError } from '../types.ts';
import { validateRules } from './cel/validate.ts';
import { CustomNode, type RawSchema } from './node.ts';
import { prune } from './prune.ts';
import { validateValue } from './values.ts';

/** Whether a schema is structural and says nothing that custom resources cannot have. */
export function validateSchema(schema: RawSchema, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus && schema.type !== 'object') {
    const text =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    errors.push(invalidValue(`${path}.type`, schema.type ?? '', text));
  }
  if (schema.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  const structural = invariants(schema, path, 'root').toSorted((a, b) =>
    byteOrder(a.field + a.message, b.field + b.message),
  );
  const defaults = structural.length === 0 ? validateDefaults(schema, path) : [];
  const plain = openApi(schema, path);
  const unconvertible = plain.some((error) => error.message.endsWith('is not supported'));
  errors.push(...(unconvertible ? [] : structural), ...defaults, ...plain);
  return errors.length > 0 ? errors : validateRules(schema, path);
}

type Level = 'root' | 'item' | 'field';

const typeMissing: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const intOrStringPattern = [{ type: 'integer' }, { type: 'string' }];

function invariants(schema: RawSchema, path: string, level: Level): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type === 'array' && !schema.items) errors.push(required(`${path}.items`, 'must be specified'));
  if (isObject(schema.items)) errors.push(...invariants(schema.items, `${path}.items`, 'item'));
  for (const [name, property] of Object.entries<any>(schema.properties ?? {})) {
    const metadata = level === 'root' && name === 'metadata';
    errors.push(
      ...(metadata
        ? metadataInvariants(property, `${path}.properties[metadata]`)
        : invariants(property, `${path}.properties[${name}]`, 'field')),
    );
  }
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== null) {
    if (level === 'root')
      errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
    if (isObject(schema.additionalProperties)) {
      errors.push(...invariants(schema.additionalProperties, `${path}.additionalProperties`, 'field'));
    }
  }
  errors.push(
    ...extensionInvariants(schema, path),
    ...nestedInvariants(schema, path, false),
    ...typeInvariants(schema, path, level),
  );
  return errors;
}

function extensionInvariants(schema: RawSchema, path: string): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return [];
  return ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource']
    .filter((name) => schema[name])
    .map((name) =>
      invalidValue(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'),
    );
}

function typeInvariants(schema: RawSchema, path: string, level: Level): FieldError[] {
  const { type } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const open = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  const field = `${path}.type`;
  const errors: FieldError[] = [];
  if (embedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type ? invalidValue(field, type, text) : required(field, text));
  } else if (!type && !open) errors.push(required(field, typeMissing[level]));
  if (level === 'root' && type && type !== 'object')
    errors.push(invalidValue(field, type, 'must be object at the root'));
  if (level === 'root' || embedded) {
    for (const name of ['kind', 'apiVersion']) {
      const own = schema.properties?.[name];
      if (own && own.type !== 'string')
        errors.push(invalidValue(`${path}.properties[${name}].type`, own.type ?? '', 'must be string'));
    }
  }
  if (embedded && !schema['x-kubernetes-preserve-unknown-fields'] && !schema.properties) {
    const text =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, text));
  }
  return errors;
}

function metadataInvariants(schema: RawSchema, path: string): FieldError[] {
  const errors =
    schema.type === 'object' ? [] : [invalidValue(`${path}.type`, schema.type ?? '', 'must be object')];
  const { type: _type, description: _description, properties = {}, ...rest } = schema;
  const names = Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
  if (names && Object.keys(rest).length === 0) return errors;
  const text =
    'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return [...errors, forbidden(path, text)];
}

/** Where only values may be validated: below anyOf, oneOf, allOf and not. */
const notNested: Readonly<Record<string, string>> = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
  'x-kubernetes-validations': 'must be empty to be structural',
};

function nestedInvariants(schema: RawSchema, path: string, skipAnyOf: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const skip = skipAnyOf || deepEqual(schema.anyOf, intOrStringPattern);
  for (const key of ['anyOf', 'allOf', 'oneOf']) {
    if (key === 'anyOf' && skip) continue;
    (schema[key] ?? []).forEach((branch: RawSchema, index: number) => {
      const pattern = key === 'allOf' && index === 0 && deepEqual(branch.anyOf, intOrStringPattern);
      errors.push(...nested(branch, `${path}.${key}[${index}]`, pattern));
    });
  }
  if (schema.not) errors.push(...nested(schema.not, `${path}.not`, false));
  if (schema.pattern) errors.push(...validatePattern(schema.pattern, `${path}.pattern`));
  return errors;
}

function validatePattern(pattern: string, field: string): FieldError[] {
  try {
    RE2JS.compile(pattern);
    return [];
  } catch (error) {
    return [
      invalidValue(
        field,
        pattern,
        `must be a valid regular expression, but isn't: ${(error as Error).message}`,
      ),
    ];
  }
}

function nested(schema: RawSchema, path: string, skipAnyOf: boolean): FieldError[] {
  const errors = nestedInvariants(schema, path, skipAnyOf);
  if (isObject(schema.items)) errors.push(...nested(schema.items, `${path}.items`, false));
  for (const [name, property] of Object.entries<any>(schema.properties ?? {})) {
    errors.push(...nested(property, `${path}.properties[${name}]`, false));
  }
  for (const [key, text] of Object.entries(notNested)) {
    if (schema[key] !== undefined && schema[key] !== false && schema[key] !== '')
      errors.push(forbidden(`${path}.${key}`, text));
  }
  if (schema.properties?.metadata)
    errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  return errors;
}

function validateDefaults(schema: RawSchema, path: string): FieldError[] {
  const errors = Object.entries<any>(schema.properties ?? {}).flatMap(([name, property]) =>
    validateDefaults(property, `${path}.properties[${name}]`),
  );
  if (isObject(schema.items)) errors.push(...validateDefaults(schema.items, `${path}.items`));
  if (isObject(schema.additionalProperties))
    errors.push(...validateDefaults(schema.additionalProperties, `${path}.additionalProperties`));
  if (schema.default === undefined) return errors;
  const own = validateValue(schema.default, schema).map((error) => ({
    ...error,
    field: error.field === '<nil>' ? `${path}.default` : `${path}.default.${error.field}`,
  }));
  const pruned = structuredClone(schema.default);
  if (own.length === 0 && prune(pruned, new CustomNode(schema), false).length > 0) {
    return [...errors, invalidValue(`${path}.default`, schema.default, 'must not have unknown fields')];
  }
  return [...errors, ...own];
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

const unsupported: Readonly<Record<string, string>> = {
  $ref: '$ref is not supported',
  id: 'id is not supported',
  additionalItems: 'additionalItems is not supported',
  patternProperties: 'patternProperties is not supported',
  definitions: 'definitions is not supported',
  dependencies: 'dependencies is not supported',
};

/** What no schema of a custom resource may say, at any place. */
function openApi(schema: RawSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = schema;
  if (type === 'null')
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (type && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  for (const [key, text] of Object.entries(unsupported))
    if (schema[key] !== undefined) errors.push(forbidden(`${path}.${key}`, text));
  if (schema.uniqueItems) {
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  if (schema.properties && isObject(schema.additionalProperties)) {
    errors.push(
      forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
  if (Array.isArray(schema.items))
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  errors.push(...listExtensions(schema, path));
  for (const [name, property] of Object.entries<any>(schema.properties ?? {}))
    errors.push(...openApi(property, `${path}.properties[${name}]`));
  for (const key of ['items', 'additionalProperties', 'not'])
    if (isObject(schema[key])) errors.push(...openApi(schema[key], `${path}.${key}`));
  for (const key of ['allOf', 'oneOf', 'anyOf']) {
    (schema[key] ?? []).forEach((branch: RawSchema, index: number) => {
      errors.push(...openApi(branch, `${path}.${key}[${index}]`));
    });
  }
  return errors;
}

function listExtensions(schema: RawSchema, path: string): FieldError[] {
  const list = schema['x-kubernetes-list-type'];
  const map = schema['x-kubernetes-map-type'];
  const keys: string[] = schema['x-kubernetes-list-map-keys'] ?? [];
  const errors: FieldError[] = [];
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(
      invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'),
    );
  }
  const needs = (type: string, name: string) => {
    const text = `must be ${type} if ${name} is specified`;
    errors.push(
      schema.type ? invalidValue(`${path}.type`, schema.type, text) : required(`${path}.type`, text),
    );
  };
  if (map !== undefined && schema.type !== 'object') needs('object', 'x-kubernetes-map-type');
  if (map !== undefined && !['atomic', 'granular'].includes(map)) {
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, map, ['atomic', 'granular']));
  }
  if (list !== undefined && schema.type !== 'array') needs('array', 'x-kubernetes-list-type');
  if (list !== undefined && !['atomic', 'set', 'map'].includes(list)) {
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, list, ['atomic', 'set', 'map']));
  }
  if (keys.length > 0 && list !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const field = `${path}.x-kubernetes-list-type`;
    errors.push(list === undefined ? required(field, text) : invalidValue(field, list, text));
  }
  return list === 'map' ? [...errors, ...listMap(schema, keys, path)] : errors;
}

function listMap(schema: RawSchema, keys: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const field = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(required(field, 'must not be empty if x-kubernetes-list-type is map'));
  if (!schema.items)
    return [...errors, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  if (schema.items.type !== 'object') {
    const text = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalidValue(`${path}.items.type`, schema.items.type ?? '', text)];
  }
  keys.forEach((key, index) => {
    const property = schema.items.properties?.[key];
    if (property === undefined)
      errors.push(invalidValue(field, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      const text = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalidValue(`${path}.items.properties[${key}].type`, schema.items.type, text));
    }
    if (keys.indexOf(key) < index)
      errors.push(invalidValue(field, keys, 'must not contain duplicate entries'));
    if (property !== undefined && property.default === undefined && !schema.items.required?.includes(key)) {
      const text =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${path}.items.properties[${key}].default`, text));
    }
  });
  return errors;
}
