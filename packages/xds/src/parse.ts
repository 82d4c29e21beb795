import type { Problem, Result } from '@lateen/kit';
import { violations } from './rules.ts';
import { enumOf, type Field, type Kind, type Message, messageOf } from './schema.ts';
import { typeName } from './type-urls.ts';
import type { AnyJson } from './types.ts';
import { isZero } from './wire/scalars.ts';
import {
  formatDuration,
  formatTimestamp,
  isWellKnown,
  parseDuration,
  parseTimestamp,
  wrappers,
} from './wire/well-known.ts';

type Report = (code: string, path: string, message: string) => void;
/** Stands for a value that could not be read; a problem has been reported. */
const unreadable = Symbol('unreadable');

const maxProblems = 100;
const maxDepth = 100;

/**
 * Reads what a user wrote (JSON or YAML as plain values, field names in camelCase or snake_case) as the message
 * `typeUrl`, into canonical JSON. Unknown fields, wrong types and broken constraints are problems with their path.
 */
export function parse(typeUrl: string, value: unknown): Result<AnyJson> {
  const problems: Problem[] = [];
  const report: Report = (code, path, message) => {
    if (problems.length < maxProblems) problems.push({ code, severity: 'error', path, message });
  };
  const read = readMessage(typeName(typeUrl), value, '', report, 0);
  const result: AnyJson = { '@type': typeUrl, ...(typeof read === 'object' ? (read as object) : {}) };
  if (problems.length === 0) problems.push(...validate(result));
  return { value: result, problems };
}

/** Every broken constraint of a message in canonical JSON, as problems in Envoy's words. */
export function validate(any: AnyJson): Problem[] {
  return violations(any['@type'], any).map(({ path, text }) => ({
    code: 'ConstraintViolated',
    severity: 'error',
    path,
    message: text,
  }));
}

const describe = (value: unknown) => JSON.stringify(value)?.slice(0, 80) ?? String(value);
const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`);

function readMessage(type: string, value: unknown, path: string, report: Report, depth: number): unknown {
  if (depth > maxDepth) {
    report('TooDeep', path, `messages nested more than ${maxDepth} deep are not supported`);
    return unreadable;
  }
  if (isWellKnown(type)) return readWellKnown(type, value, path, report, depth);
  const message = messageOf(type);
  if (!message) {
    report('UnknownType', path, `could not find @type '${type}'`);
    return unreadable;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report('WrongType', path, `${type} must be an object, not ${describe(value)}`);
    return unreadable;
  }
  return readFields(message, value as Record<string, unknown>, path, report, depth);
}

function readFields(
  message: Message,
  value: Record<string, unknown>,
  path: string,
  report: Report,
  depth: number,
): object {
  const json: Record<string, unknown> = {};
  const oneofs = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (key === '@type') continue;
    const field = message.byName.get(key);
    if (!field) report('UnknownField', join(path, key), `no such field: '${key}' in ${message.name}`);
    else if (item === undefined || (item === null && field.type !== 'google.protobuf.Value')) continue;
    else if (json[field.name] !== undefined)
      report('DuplicateField', join(path, key), `field '${field.name}' is given twice`);
    else readField(field, item, join(path, field.protoName), json, oneofs, report, depth);
  }
  return json;
}

function readField(
  field: Field,
  item: unknown,
  path: string,
  json: Record<string, unknown>,
  oneofs: Map<string, string>,
  report: Report,
  depth: number,
): void {
  if (field.oneof) {
    const other = oneofs.get(field.oneof);
    if (other) {
      const message = `oneof field '${field.oneof}' is already set. Cannot set '${field.protoName}' beside '${other}'`;
      report('OneofSetTwice', path, message);
      return;
    }
    oneofs.set(field.oneof, field.protoName);
  }
  const read = field.mapKey
    ? readMap(field, item, path, report, depth)
    : field.repeated
      ? readList(field, item, path, report, depth)
      : readElement(field, item, path, report, depth);
  if (read !== unreadable && read !== undefined && !isDefault(field, read)) json[field.name] = read;
}

function isDefault(field: Field, value: unknown): boolean {
  if (field.repeated) return (value as unknown[]).length === 0;
  if (field.mapKey) return Object.keys(value as object).length === 0;
  if (!field.implicit) return false;
  return (
    isZero(field.kind, value) || (field.kind === 'enum' && value === enumOf(field.type)?.byNumber.get(0))
  );
}

function readElement(field: Field, value: unknown, path: string, report: Report, depth: number): unknown {
  if (field.kind === 'message') return readMessage(field.type, value, path, report, depth + 1);
  return field.kind === 'enum'
    ? readEnum(field.type, value, path, report)
    : readScalar(field.kind, value, path, report);
}

function readList(field: Field, value: unknown, path: string, report: Report, depth: number): unknown {
  if (!Array.isArray(value)) {
    report('WrongType', path, `must be a list, not ${describe(value)}`);
    return unreadable;
  }
  return value
    .map((item, index) => readElement(field, item, `${path}[${index}]`, report, depth))
    .filter((item) => item !== unreadable);
}

function readMap(field: Field, value: unknown, path: string, report: Report, depth: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report('WrongType', path, `must be an object, not ${describe(value)}`);
    return unreadable;
  }
  const map: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const read = readElement(field, item, `${path}[${key}]`, report, depth);
    if (read !== unreadable) map[key] = read;
  }
  return map;
}

function readEnum(type: string, value: unknown, path: string, report: Report): unknown {
  const known = enumOf(type);
  if (typeof value === 'string' && known?.byName.has(value))
    return known.byNumber.get(known.byName.get(value)!);
  if (Number.isInteger(value)) return known?.byNumber.get(value as number) ?? value;
  const names = [...(known?.byName.keys() ?? [])];
  const allowed = names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ');
  report('UnknownEnumValue', path, `${describe(value)} is no value of ${type}; use one of ${allowed}`);
  return unreadable;
}

const limits: Record<string, [bigint, bigint]> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const baseOf: Record<string, string> = {
  sint32: 'int32',
  sfixed32: 'int32',
  fixed32: 'uint32',
  sint64: 'int64',
  sfixed64: 'int64',
  fixed64: 'uint64',
};

function readScalar(kind: Kind, value: unknown, path: string, report: Report): unknown {
  const read = kind === 'double' || kind === 'float' ? readFloat(value) : readByKind(kind, value);
  if (read !== undefined) return read;
  const wanted = kind === 'bytes' ? 'base64 text' : `a ${kind} value`;
  report('WrongType', path, `must be ${wanted}, not ${describe(value)}`);
  return unreadable;
}

function readByKind(kind: Kind, value: unknown): unknown {
  if (kind === 'bool') return typeof value === 'boolean' ? value : undefined;
  if (kind === 'string') return typeof value === 'string' ? value : undefined;
  if (kind === 'bytes') return typeof value === 'string' ? readBytes(value) : undefined;
  return readInteger(baseOf[kind] ?? kind, value);
}

function readBytes(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('base64');
}

function readFloat(value: unknown): number | string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? undefined : number;
}

function readInteger(kind: string, value: unknown): number | string | undefined {
  const exact =
    typeof value === 'bigint' ||
    Number.isInteger(value) ||
    (typeof value === 'string' && /^-?\d+(\.0+)?$/.test(value));
  if (!exact) return undefined;
  const whole = BigInt(typeof value === 'string' ? value.replace(/\..*/, '') : (value as number));
  const [low, high] = limits[kind]!;
  if (whole < low || whole > high) return undefined;
  return kind.endsWith('64') ? String(whole) : Number(whole);
}

function readWellKnown(type: string, value: unknown, path: string, report: Report, depth: number): unknown {
  const scalar = wrappers[type] as Kind | undefined;
  if (scalar) return readScalar(scalar, value, path, report);
  switch (type) {
    case 'google.protobuf.Any':
      return readAny(value, path, report, depth);
    case 'google.protobuf.Duration':
      return readInstant(
        value,
        parseDuration,
        formatDuration,
        'a duration in seconds such as "1.5s"',
        path,
        report,
      );
    case 'google.protobuf.Timestamp':
      return readInstant(
        value,
        parseTimestamp,
        formatTimestamp,
        'a time such as "2026-01-31T12:00:00Z"',
        path,
        report,
      );
    case 'google.protobuf.Value':
      return value;
    case 'google.protobuf.ListValue':
      return Array.isArray(value) ? value : wrong('a list', value, path, report);
    case 'google.protobuf.FieldMask':
      return typeof value === 'string'
        ? value
        : wrong('a comma-separated list of fields', value, path, report);
    default:
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? value
        : wrong('an object', value, path, report);
  }
}

function wrong(wanted: string, value: unknown, path: string, report: Report): unknown {
  report('WrongType', path, `must be ${wanted}, not ${describe(value)}`);
  return unreadable;
}

function readInstant<T>(
  value: unknown,
  read: (text: string) => T | undefined,
  format: (instant: T) => string,
  wanted: string,
  path: string,
  report: Report,
): unknown {
  const instant = typeof value === 'string' ? read(value) : undefined;
  return instant === undefined ? wrong(wanted, value, path, report) : format(instant);
}

function readAny(value: unknown, path: string, report: Report, depth: number): unknown {
  const url = (value as any)?.['@type'] ?? (value as any)?.type_url;
  if (typeof url !== 'string') return wrong("an object with '@type'", value, path, report);
  const type = typeName(url);
  if (isWellKnown(type)) {
    return {
      '@type': url,
      value: readMessage(type, (value as any).value, join(path, 'value'), report, depth + 1),
    };
  }
  if (!messageOf(type)) {
    report('UnknownType', path, `could not find @type '${url}'`);
    return unreadable;
  }
  const read = readMessage(type, value, path, report, depth + 1);
  return read === unreadable ? read : { '@type': url, ...(read as object) };
}
