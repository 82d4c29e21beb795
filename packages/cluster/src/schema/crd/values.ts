import { RE2JS } from 're2js';
import { isObject } from '../decode/go.ts';
import { invalidValue, notSupported, required, show, tooMany, typeInvalid } from '../errors.ts';
import { quote } from '../gotext.ts';
import { deepEqual } from '../patch/json.ts';
import type { FieldError } from '../types.ts';
import { formatFits } from './formats.ts';
import type { RawSchema } from './node.ts';

/** Complaints, and how many checks a value passed, by which the nearest of several alternatives is found. */
interface Outcome {
  readonly errors: FieldError[];
  matches: number;
}

/** Everything that a schema says about values, with the texts of Kubernetes' OpenAPI validation. */
export function validateValue(value: unknown, schema: RawSchema, path = ''): FieldError[] {
  return check(value, schema, path).errors;
}

function merge(into: Outcome, outcome: Outcome): void {
  into.errors.push(...outcome.errors);
  into.matches += outcome.matches;
}

function check(value: unknown, schema: RawSchema, path: string): Outcome {
  const out: Outcome = { errors: [], matches: 0 };
  const apply = (checker: (value: any, schema: RawSchema, path: string) => FieldError[] | Outcome) => {
    const result = checker(value, schema, path);
    if (Array.isArray(result)) out.errors.push(...result);
    else merge(out, result);
    out.matches += 1;
  };
  apply(checkType);
  if (value === null || value === undefined) {
    if (schema.enum) apply(checkEnum);
    return out;
  }
  if (combinators.some((key) => schema[key] !== undefined)) apply(checkCombinators);
  if (typeof value === 'string') apply(checkString);
  if (typeof value === 'string' && schema.format) apply(checkFormat);
  if (typeof value === 'number') apply(checkNumber);
  if (Array.isArray(value)) apply(checkArray);
  if (schema.enum) apply(checkEnum);
  if (isObject(value)) apply(checkObject);
  out.matches += 1;
  return out;
}

const combinators = ['anyOf', 'oneOf', 'allOf', 'not'];

function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function schemaTypes(schema: RawSchema): string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

function checkType(value: unknown, schema: RawSchema, path: string): FieldError[] | Outcome {
  const types = schemaTypes(schema);
  const actual = jsonType(value);
  const fits =
    types.length === 0 || types.includes(actual) || (actual === 'integer' && types.includes('number'));
  if (fits || (actual === 'null' && schema.nullable)) return { errors: [], matches: 1 };
  const textual = schema.format && types[0] === 'string' && (actual === 'string' || actual === 'array');
  if (textual) return { errors: [], matches: 1 };
  const list =
    actual !== 'null' && schema.format && actual !== 'string' && actual !== 'array'
      ? schema.format
      : types.join(',');
  return [typeError(path, list, actual)];
}

function typeError(path: string, type: string, shown: unknown): FieldError {
  return typeInvalid(
    fieldOf(path),
    shown,
    `${inBody(path)} must be of type ${type}: ${quote(String(shown))}`,
  );
}

/** Kubernetes says `<nil>` where a path is empty. */
function fieldOf(path: string): string {
  const trimmed = path.startsWith('.') ? path.slice(1) : path;
  return trimmed === '' ? '<nil>' : trimmed;
}

function inBody(path: string): string {
  return `${path} in body`;
}

function plainError(text: string): FieldError {
  return invalidValue('<nil>', '', text);
}

function checkCombinators(value: unknown, schema: RawSchema, path: string): Outcome {
  const out: Outcome = { errors: [], matches: 0 };
  if (schema.anyOf) checkAnyOf(value, schema.anyOf, path, out);
  if (schema.oneOf) checkOneOf(value, schema.oneOf, path, out);
  if (schema.allOf) checkAllOf(value, schema.allOf, path, out);
  if (schema.not && check(value, schema.not, path).errors.length === 0) {
    out.errors.push(plainError(`${quote(path)} must not validate the schema (not)`));
  }
  out.matches += 1;
  return out;
}

function best(outcomes: readonly Outcome[]): Outcome | undefined {
  return outcomes.reduce<Outcome | undefined>(
    (a, b) => (a === undefined || b.matches > a.matches ? b : a),
    undefined,
  );
}

function checkAnyOf(value: unknown, schemas: readonly RawSchema[], path: string, out: Outcome): void {
  const outcomes = schemas.map((schema) => check(value, schema, path));
  const fitting = outcomes.find((outcome) => outcome.errors.length === 0);
  if (fitting !== undefined) {
    out.matches += fitting.matches;
    return;
  }
  out.errors.push(plainError(`${quote(path)} must validate at least one schema (anyOf)`));
  merge(out, best(outcomes)!);
}

function checkOneOf(value: unknown, schemas: readonly RawSchema[], path: string, out: Outcome): void {
  const outcomes = schemas.map((schema) => check(value, schema, path));
  const fitting = outcomes.filter((outcome) => outcome.errors.length === 0);
  if (fitting.length === 1) {
    out.matches += fitting[0]!.matches;
    return;
  }
  const found = fitting.length === 0 ? 'Found none valid' : `Found ${fitting.length} valid alternatives`;
  out.errors.push(plainError(`${quote(path)} must validate one and only one schema (oneOf). ${found}`));
  if (fitting.length === 0) merge(out, best(outcomes)!);
}

function checkAllOf(value: unknown, schemas: readonly RawSchema[], path: string, out: Outcome): void {
  const outcomes = schemas.map((schema) => check(value, schema, path));
  for (const outcome of outcomes) merge(out, outcome);
  const valid = outcomes.filter((outcome) => outcome.errors.length === 0).length;
  if (valid === schemas.length) return;
  out.errors.push(
    plainError(
      `${quote(path)} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`,
    ),
  );
}

function checkString(value: string, schema: RawSchema, path: string): FieldError[] {
  const { minLength, maxLength, pattern } = schema;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) {
    return [
      {
        reason: 'FieldValueTooLong',
        field: fieldOf(path),
        message: `Too long: may not be more than ${maxLength} bytes`,
      },
    ];
  }
  if (minLength !== undefined && length < minLength) {
    return [invalidValue(fieldOf(path), value, `${inBody(path)} should be at least ${minLength} chars long`)];
  }
  if (pattern && !matches(pattern, value)) {
    return [invalidValue(fieldOf(path), value, `${inBody(path)} should match '${pattern}'`)];
  }
  return [];
}

function matches(pattern: string, value: string): boolean {
  try {
    return RE2JS.compile(pattern).matcher(value).find();
  } catch {
    return false;
  }
}

function checkFormat(value: string, schema: RawSchema, path: string): FieldError[] {
  return formatFits(schema.format, value) ? [] : [typeError(path, schema.format, value)];
}

function checkNumber(value: number, schema: RawSchema, path: string): FieldError[] {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema;
  const complain = (text: string) => [
    invalidValue(fieldOf(path), value, `${inBody(path)} should be ${text}`),
  ];
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    return complain(`a multiple of ${multipleOf}`);
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    return complain(`less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    return complain(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  }
  return [];
}

function checkArray(value: readonly unknown[], schema: RawSchema, path: string): Outcome {
  const out: Outcome = { errors: [], matches: 0 };
  if (schema.items) {
    for (const [index, item] of value.entries()) merge(out, check(item, schema.items, `${path}[${index}]`));
  }
  const { minItems, maxItems, uniqueItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    out.errors.push(
      invalidValue(fieldOf(path), value.length, `${inBody(path)} should have at least ${minItems} items`),
    );
  }
  if (maxItems !== undefined && value.length > maxItems)
    out.errors.push(tooMany(fieldOf(path), value.length, maxItems));
  if (
    uniqueItems &&
    value.some((item, index) => value.findIndex((other) => deepEqual(item, other)) !== index)
  ) {
    out.errors.push(invalidValue(fieldOf(path), '', `${inBody(path)} shouldn't contain duplicates`));
  }
  return out;
}

function checkEnum(value: unknown, schema: RawSchema, path: string): FieldError[] {
  if ((schema.enum as unknown[]).some((allowed) => deepEqual(allowed, value))) return [];
  if (value === null && schema.nullable) return [];
  const supported = (schema.enum as unknown[]).map((allowed) =>
    typeof allowed === 'string' ? allowed : show(allowed),
  );
  return [notSupported(fieldOf(path), value, supported)];
}

function checkObject(value: Record<string, unknown>, schema: RawSchema, path: string): Outcome {
  const out: Outcome = { errors: [], matches: 0 };
  const size = Object.keys(value).length;
  const { minProperties, maxProperties, properties = {}, additionalProperties } = schema;
  if (minProperties !== undefined && size < minProperties) {
    out.errors.push(
      invalidValue(fieldOf(path), size, `${inBody(path)} should have at least ${minProperties} properties`),
    );
  }
  if (maxProperties !== undefined && size > maxProperties)
    out.errors.push(tooMany(fieldOf(path), size, maxProperties));
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (Object.hasOwn(properties, key)) merge(out, check(item, properties[key], at));
    else if (isObject(additionalProperties)) merge(out, check(item, additionalProperties, `${path}.${key}`));
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) out.errors.push(required(fieldOf(`${path}.${key}`)));
  }
  return out;
}
