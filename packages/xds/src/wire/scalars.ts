import type { Kind } from '../schema.ts';
import type { Reader } from './reader.ts';
import { shortestFloat } from './well-known.ts';
import type { ReverseWriter } from './writer.ts';

export const wireTypes: Record<Kind, number> = {
  double: 1,
  float: 5,
  int32: 0,
  int64: 0,
  uint32: 0,
  uint64: 0,
  sint32: 0,
  sint64: 0,
  fixed32: 5,
  fixed64: 1,
  sfixed32: 5,
  sfixed64: 1,
  bool: 0,
  string: 2,
  bytes: 2,
  message: 2,
  enum: 0,
};

/** Whether a list of this kind is one length-delimited value. */
export const isPackable = (kind: Kind) => wireTypes[kind] !== 2;

function writeSigned(writer: ReverseWriter, value: number): void {
  if (value < 0) writer.varint64(BigInt(value));
  else writer.varint(value);
}

const zigzag32 = (value: number) => ((value << 1) ^ (value >> 31)) >>> 0;
const zigzag64 = (value: bigint) => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));

/** Writes the value of a field without its tag; strings and bytes with their length. */
export function writeScalar(writer: ReverseWriter, kind: Kind, value: any): void {
  switch (kind) {
    case 'string': {
      const before = writer.length;
      writer.string(value);
      writer.varint(writer.length - before);
      return;
    }
    case 'bytes': {
      const data = Buffer.from(value, 'base64');
      writer.bytes(data);
      writer.varint(data.length);
      return;
    }
    case 'bool':
      writer.varint(value ? 1 : 0);
      return;
    case 'int32':
    case 'enum':
      writeSigned(writer, value);
      return;
    case 'uint32':
      writer.varint(value);
      return;
    case 'double':
      writer.double(Number(value));
      return;
    case 'float':
      writer.float(Number(value));
      return;
    case 'sint32':
      writer.varint(zigzag32(value));
      return;
    case 'fixed32':
    case 'sfixed32':
      writer.fixed32(value);
      return;
    case 'sint64':
      writer.varint64(zigzag64(BigInt(value)));
      return;
    case 'fixed64':
    case 'sfixed64':
      writer.fixed64(BigInt(value));
      return;
    default:
      writer.varint64(BigInt(value));
      return;
  }
}

const special = (value: number) => (Number.isFinite(value) ? value : String(value));

/** Reads a value into its JSON form. */
export function readScalar(reader: Reader, kind: Kind): any {
  switch (kind) {
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.bytes().toString('base64');
    case 'bool':
      return reader.varint() !== 0;
    case 'uint32':
      return reader.varint() >>> 0;
    case 'int32':
    case 'enum':
      return Number(BigInt.asIntN(32, reader.varint64()));
    case 'double':
      return special(reader.double());
    case 'float':
      return special(shortestFloat(reader.float()));
    case 'sint32': {
      const value = reader.varint() >>> 0;
      return (value >>> 1) ^ -(value & 1);
    }
    case 'fixed32':
      return reader.fixed32();
    case 'sfixed32':
      return reader.fixed32() | 0;
    default:
      return readLong(reader, kind);
  }
}

function readLong(reader: Reader, kind: Kind): string {
  switch (kind) {
    case 'int64':
      return String(BigInt.asIntN(64, reader.varint64()));
    case 'sint64': {
      const value = reader.varint64();
      return String((value >> 1n) ^ -(value & 1n));
    }
    case 'fixed64':
      return String(reader.fixed64());
    case 'sfixed64':
      return String(BigInt.asIntN(64, reader.fixed64()));
    default:
      return String(reader.varint64());
  }
}

/** True of what implicit presence does not write. */
export function isZero(kind: Kind, value: unknown): boolean {
  return value === 0 || value === false || value === '' || (value === '0' && kind.endsWith('64'));
}
