import { enumOf, type Field, type Kind, type Message, messageOf } from './schema.ts';
import { typeName } from './type-urls.ts';
import type { AnyJson } from './types.ts';
import { Reader, WireError } from './wire/reader.ts';
import { isPackable, isZero, readScalar } from './wire/scalars.ts';
import { formatDuration, formatTimestamp, isWellKnown, toCamel, wrappers } from './wire/well-known.ts';

export { WireError } from './wire/reader.ts';

type Json = Record<string, any>;

/** The message in `bytes` in canonical JSON, with `@type`. Throws WireError; fields that the schema lacks are left out. */
export function decode(typeUrl: string, bytes: Uint8Array): AnyJson {
  const value = decodeAs(typeUrl, bytes) as any;
  return isWellKnown(typeName(typeUrl))
    ? { '@type': typeUrl, value }
    : Object.assign({ '@type': typeUrl }, value);
}

/** The same without `@type`. */
export function decodeAs(type: string, bytes: Uint8Array): unknown {
  return readMessage(typeName(type), new Reader(bytes));
}

function readMessage(type: string, reader: Reader): any {
  if (isWellKnown(type)) return readWellKnown(type, reader);
  const message = messageOf(type);
  if (!message) throw new WireError(`the message type ${type} is unknown`);
  return readFields(message, reader);
}

function readFields(message: Message, reader: Reader): Json {
  const json: Json = {};
  while (!reader.done) {
    const tag = reader.varint();
    const field = message.byNumber.get(Math.floor(tag / 8));
    if (!field) reader.skip(tag % 8);
    else readField(field, tag % 8, reader, json, message);
  }
  return json;
}

function readField(field: Field, wireType: number, reader: Reader, json: Json, message: Message): void {
  if (field.mapKey) {
    readMapEntry(field, reader, member(json, field.name, {}));
    return;
  }
  if (field.repeated) {
    readElements(field, wireType, reader, member(json, field.name, []));
    return;
  }
  const value = readValueOf(field, reader);
  if (field.oneof) clearOneof(field, json, message);
  if (
    field.implicit &&
    (isZero(field.kind, value) || (field.kind === 'enum' && value === enumOf(field.type)?.byNumber.get(0)))
  ) {
    return;
  }
  json[field.name] = value;
}

function member<T>(json: Json, name: string, initial: T): T {
  json[name] ??= initial;
  return json[name];
}

function clearOneof(field: Field, json: Json, message: Message): void {
  for (const other of message.fields)
    if (other.oneof === field.oneof && other !== field) delete json[other.name];
}

function readElements(field: Field, wireType: number, reader: Reader, list: any[]): void {
  if (wireType !== 2 || !isPackable(field.kind)) {
    list.push(readValueOf(field, reader));
    return;
  }
  const outer = reader.enter();
  while (!reader.done) list.push(readValueOf(field, reader));
  reader.leave(outer);
}

function readValueOf(field: Field, reader: Reader): any {
  if (field.kind === 'message') {
    const outer = reader.enter();
    const value = readMessage(field.type, reader);
    reader.leave(outer);
    return value;
  }
  const value = readScalar(reader, field.kind);
  return field.kind === 'enum' ? (enumOf(field.type)?.byNumber.get(value) ?? value) : value;
}

const zeroOf = (kind: Kind): unknown =>
  kind === 'bool' ? false : kind === 'string' || kind === 'bytes' ? '' : 0;

function readMapEntry(field: Field, reader: Reader, map: Json): void {
  const outer = reader.enter();
  let key: unknown = zeroOf(field.mapKey!);
  let value: unknown = field.kind === 'message' ? undefined : zeroOf(field.kind);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag >> 3 === 1) key = readScalar(reader, field.mapKey!);
    else if (tag >> 3 === 2) value = readValueOf(field, reader);
    else reader.skip(tag % 8);
  }
  reader.leave(outer);
  map[String(key)] = value === undefined ? readMessage(field.type, new Reader(new Uint8Array())) : value;
}

function readWellKnown(type: string, reader: Reader): any {
  const scalar = wrappers[type] as Kind | undefined;
  if (scalar) return readWrapper(scalar, reader);
  switch (type) {
    case 'google.protobuf.Any':
      return readAny(reader);
    case 'google.protobuf.Duration':
      return formatDuration(readInstant(reader));
    case 'google.protobuf.Timestamp':
      return formatTimestamp(readInstant(reader));
    case 'google.protobuf.Struct':
      return readStruct(reader);
    case 'google.protobuf.Value':
      return readValue(reader);
    case 'google.protobuf.ListValue':
      return readValues(reader);
    case 'google.protobuf.FieldMask':
      return each(reader, () => toCamel(reader.string())).join(',');
    case 'google.protobuf.Empty':
      each(reader, () => reader.bytes());
      return {};
    default:
      throw new WireError(`the message type ${type} is unknown`);
  }
}

/** What `read` makes of every field 1; other fields are skipped. */
function each<T>(reader: Reader, read: () => T): T[] {
  const values: T[] = [];
  while (!reader.done) {
    const tag = reader.varint();
    if (tag >> 3 === 1) values.push(read());
    else reader.skip(tag % 8);
  }
  return values;
}

function readWrapper(kind: Kind, reader: Reader): any {
  const zero = kind.endsWith('64') ? '0' : zeroOf(kind);
  return each(reader, () => readScalar(reader, kind)).at(-1) ?? zero;
}

function readInstant(reader: Reader): { seconds: bigint; nanos: number } {
  const instant = { seconds: 0n, nanos: 0 };
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 8) instant.seconds = BigInt.asIntN(64, reader.varint64());
    else if (tag === 16) instant.nanos = readScalar(reader, 'int32');
    else reader.skip(tag % 8);
  }
  return instant;
}

function readAny(reader: Reader): AnyJson {
  let url = '';
  let value: Buffer = Buffer.alloc(0);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 10) url = reader.string();
    else if (tag === 18) value = reader.bytes();
    else reader.skip(tag % 8);
  }
  const type = typeName(url);
  if (isWellKnown(type) || messageOf(type)) return decode(url, value);
  return { '@type': url, value: value.toString('base64') };
}

function readStruct(reader: Reader): Json {
  const json: Json = {};
  each(reader, () => {
    const outer = reader.enter();
    let key = '';
    let value: unknown = null;
    while (!reader.done) {
      const tag = reader.varint();
      if (tag === 10) key = reader.string();
      else if (tag === 18) value = within(reader, () => readValue(reader));
      else reader.skip(tag % 8);
    }
    reader.leave(outer);
    json[key] = value;
  });
  return json;
}

function within<T>(reader: Reader, read: () => T): T {
  const outer = reader.enter();
  const value = read();
  reader.leave(outer);
  return value;
}

const readValues = (reader: Reader): unknown[] => each(reader, () => within(reader, () => readValue(reader)));

function readValue(reader: Reader): unknown {
  let value: unknown = null;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 8) reader.varint();
    else if (tag === 17) value = reader.double();
    else if (tag === 26) value = reader.string();
    else if (tag === 32) value = reader.varint() !== 0;
    else if (tag === 42) value = within(reader, () => readStruct(reader));
    else if (tag === 50) value = within(reader, () => readValues(reader));
    else reader.skip(tag % 8);
  }
  return value;
}
