import { enumOf, type Field, type Kind, type Message, messageOf } from './schema.ts';
import { typeName } from './type-urls.ts';
import type { AnyJson } from './types.ts';
import { isPackable, isZero, wireTypes, writeScalar } from './wire/scalars.ts';
import {
  type Instant,
  isWellKnown,
  parseDuration,
  parseTimestamp,
  toSnake,
  wrappers,
} from './wire/well-known.ts';
import { ReverseWriter } from './wire/writer.ts';

/** A value that does not fit its message type; `path` leads to it. */
export class EncodeError extends Error {
  readonly path: string;
  constructor(path: string, what: string) {
    super(path === '' ? what : `${path}: ${what}`);
    this.path = path;
  }
}

function run(type: string, json: any): Buffer {
  const writer = new ReverseWriter();
  writeMessage(writer, type, json, '');
  return writer.finish();
}

/** Bytes of the message that `@type` names: the `value` of an Any, not the Any itself. Throws EncodeError. */
export function encode(any: AnyJson): Buffer {
  const type = typeName(any['@type'] ?? '');
  return run(type, isWellKnown(type) ? any.value : any);
}

/** Bytes of `json` as the message with this full name or type URL. Throws EncodeError. */
export function encodeAs(type: string, json: unknown): Buffer {
  return run(typeName(type), json);
}

function writeMessage(writer: ReverseWriter, type: string, json: any, path: string): void {
  if (isWellKnown(type)) {
    writeWellKnown(writer, type, json, path);
    return;
  }
  const message = messageOf(type);
  if (!message) throw new EncodeError(path, `the message type ${type} is unknown`);
  writeFields(writer, message, json, path);
}

function writeFields(writer: ReverseWriter, message: Message, json: any, path: string): void {
  if (typeof json !== 'object' || json === null)
    throw new EncodeError(path, `must be an object (${message.name})`);
  const fields: Field[] = [];
  for (const key in json) {
    if (key === '@type' || json[key] === undefined) continue;
    const field = message.byName.get(key);
    if (!field) throw new EncodeError(path, `${message.name} has no field ${key}`);
    fields.push(field);
  }
  if (fields.length > 1) fields.sort((a, b) => a.number - b.number);
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i]!;
    writeField(
      writer,
      field,
      json[field.name] ?? json[field.protoName],
      path === '' ? field.name : `${path}.${field.name}`,
    );
  }
}

function writeField(writer: ReverseWriter, field: Field, value: any, path: string): void {
  if (value === null && field.type !== 'google.protobuf.Value') return;
  if (field.mapKey) {
    writeMap(writer, field, value, path);
    return;
  }
  if (field.repeated) {
    writeList(writer, field, value, path);
    return;
  }
  if (field.implicit && isZero(field.kind, value)) return;
  writeElement(writer, field, value, path);
}

function writeElement(writer: ReverseWriter, field: Field, value: any, path: string): void {
  if (field.kind !== 'message') {
    const raw =
      field.kind === 'enum' ? enumNumber(field.type, value, path) : checked(field.kind, value, path);
    if (field.kind === 'enum' && raw === 0 && field.implicit) return;
    writeScalar(writer, field.kind, raw);
  } else {
    const before = writer.length;
    writeMessage(writer, field.type, value, path);
    writer.varint(writer.length - before);
  }
  writer.tag(field.number, wireTypes[field.kind]);
}

function writeList(writer: ReverseWriter, field: Field, value: any, path: string): void {
  if (!Array.isArray(value)) throw new EncodeError(path, 'must be a list');
  if (isPackable(field.kind)) {
    writePacked(writer, field, value, path);
    return;
  }
  for (let i = value.length - 1; i >= 0; i--) writeElement(writer, field, value[i], `${path}[${i}]`);
}

function writePacked(writer: ReverseWriter, field: Field, value: any[], path: string): void {
  if (value.length === 0) return;
  const before = writer.length;
  for (let i = value.length - 1; i >= 0; i--) {
    const raw =
      field.kind === 'enum' ? enumNumber(field.type, value[i], path) : checked(field.kind, value[i], path);
    writeScalar(writer, field.kind, raw);
  }
  writer.varint(writer.length - before);
  writer.tag(field.number, 2);
}

function writeMap(writer: ReverseWriter, field: Field, value: any, path: string): void {
  if (typeof value !== 'object') throw new EncodeError(path, 'must be an object');
  const element: Field = { ...field, number: 2, mapKey: undefined, repeated: false, implicit: false };
  for (const key of Object.keys(value).reverse()) {
    const before = writer.length;
    writeElement(writer, element, value[key], `${path}[${key}]`);
    writeScalar(writer, field.mapKey!, mapKey(field.mapKey!, key));
    writer.tag(1, wireTypes[field.mapKey!]);
    writer.varint(writer.length - before);
    writer.tag(field.number, 2);
  }
}

function mapKey(kind: Kind, key: string): unknown {
  if (kind === 'string') return key;
  return kind === 'bool' ? key === 'true' : kind.endsWith('64') ? key : Number(key);
}

function checked(kind: Kind, value: any, path: string): any {
  const wanted = kind === 'string' || kind === 'bytes' ? 'string' : kind === 'bool' ? 'boolean' : undefined;
  const fits = wanted ? typeof value === wanted : typeof value === 'number' || typeof value === 'string';
  if (!fits)
    throw new EncodeError(
      path,
      `must be a ${wanted ?? 'number'}, not ${JSON.stringify(value)?.slice(0, 80)}`,
    );
  if (!wanted && !kind.endsWith('64') && typeof value === 'string') return Number(value);
  return value;
}

function enumNumber(type: string, value: any, path: string): number {
  if (typeof value === 'number') return value;
  const number = enumOf(type)?.byName.get(value);
  if (number === undefined) throw new EncodeError(path, `${type} has no value ${JSON.stringify(value)}`);
  return number;
}

function writeWellKnown(writer: ReverseWriter, type: string, json: any, path: string): void {
  const scalar = wrappers[type];
  if (scalar) {
    if (isZero(scalar as Kind, json)) return;
    writeScalar(writer, scalar as Kind, checked(scalar as Kind, json, path));
    writer.tag(1, wireTypes[scalar as Kind]);
    return;
  }
  switch (type) {
    case 'google.protobuf.Any':
      writeAny(writer, json, path);
      return;
    case 'google.protobuf.Duration':
      writeInstant(writer, parseDuration(String(json)), 'a duration such as 1.5s', path);
      return;
    case 'google.protobuf.Timestamp':
      writeInstant(writer, parseTimestamp(String(json)), 'a time such as 2026-01-31T12:00:00Z', path);
      return;
    case 'google.protobuf.Struct':
      writeStruct(writer, json);
      return;
    case 'google.protobuf.Value':
      writeValue(writer, json);
      return;
    case 'google.protobuf.ListValue':
      writeValues(writer, json);
      return;
    case 'google.protobuf.Empty':
      return;
    case 'google.protobuf.FieldMask':
      for (const mask of String(json).split(',').reverse()) writeText(writer, 1, toSnake(mask));
      return;
    default:
      throw new EncodeError(path, `the message type ${type} is unknown`);
  }
}

function writeText(writer: ReverseWriter, field: number, text: string): void {
  writeScalar(writer, 'string', text);
  writer.tag(field, 2);
}

function writeAny(writer: ReverseWriter, json: any, path: string): void {
  const url = json?.['@type'];
  if (typeof url !== 'string') throw new EncodeError(path, 'must have an @type');
  const type = typeName(url);
  const before = writer.length;
  if (isWellKnown(type)) writeMessage(writer, type, json.value, path);
  else if (messageOf(type)) writeMessage(writer, type, json, path);
  else if (typeof json.value === 'string') writer.bytes(Buffer.from(json.value, 'base64'));
  else throw new EncodeError(path, `the message type ${type} is unknown`);
  const size = writer.length - before;
  if (size > 0) {
    writer.varint(size);
    writer.tag(2, 2);
  }
  writeText(writer, 1, url);
}

function writeInstant(
  writer: ReverseWriter,
  instant: Instant | undefined,
  wanted: string,
  path: string,
): void {
  if (!instant) throw new EncodeError(path, `must be ${wanted}`);
  if (instant.nanos !== 0) {
    writeScalar(writer, 'int32', instant.nanos);
    writer.tag(2, 0);
  }
  if (instant.seconds !== 0n) {
    writer.varint64(instant.seconds);
    writer.tag(1, 0);
  }
}

function writeStruct(writer: ReverseWriter, json: Record<string, unknown>): void {
  for (const key of Object.keys(json).reverse()) {
    const entry = writer.length;
    writeValue(writer, json[key]);
    writer.varint(writer.length - entry);
    writer.tag(2, 2);
    writeText(writer, 1, key);
    writer.varint(writer.length - entry);
    writer.tag(1, 2);
  }
}

function writeValues(writer: ReverseWriter, values: readonly unknown[]): void {
  for (let i = values.length - 1; i >= 0; i--) {
    const before = writer.length;
    writeValue(writer, values[i]);
    writer.varint(writer.length - before);
    writer.tag(1, 2);
  }
}

function writeValue(writer: ReverseWriter, value: unknown): void {
  const before = writer.length;
  if (typeof value === 'number') {
    writer.double(value);
    writer.tag(2, 1);
    return;
  }
  if (typeof value === 'string') {
    writeText(writer, 3, value);
    return;
  }
  if (typeof value === 'boolean' || value === null || value === undefined) {
    writer.varint(value ? 1 : 0);
    writer.tag(typeof value === 'boolean' ? 4 : 1, 0);
    return;
  }
  if (Array.isArray(value)) writeValues(writer, value);
  else writeStruct(writer, value as Record<string, unknown>);
  writer.varint(writer.length - before);
  writer.tag(Array.isArray(value) ? 6 : 5, 2);
}
