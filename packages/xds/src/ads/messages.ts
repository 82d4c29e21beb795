import { decodeAs } from '../decode.ts';
import { encodeAs } from '../encode.ts';
import type { DeltaDiscoveryRequest, DiscoveryRequest } from '../types.ts';
import { Reader } from '../wire/reader.ts';
import { ReverseWriter } from '../wire/writer.ts';
import type { EncodedResource } from './resources.ts';

const prefix = 'envoy.service.discovery.v3.';

export const adsMethods = {
  sotw: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
  delta: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
} as const;

export const decodeRequest = (bytes: Uint8Array) =>
  decodeAs(`${prefix}DiscoveryRequest`, bytes) as DiscoveryRequest;
export const decodeDeltaRequest = (bytes: Uint8Array) =>
  decodeAs(`${prefix}DeltaDiscoveryRequest`, bytes) as DeltaDiscoveryRequest;
export const encodeRequest = (request: DiscoveryRequest) => encodeAs(`${prefix}DiscoveryRequest`, request);
export const encodeDeltaRequest = (request: DeltaDiscoveryRequest) =>
  encodeAs(`${prefix}DeltaDiscoveryRequest`, request);

function text(writer: ReverseWriter, field: number, value: string): void {
  if (value === '') return;
  const before = writer.length;
  writer.string(value);
  writer.varint(writer.length - before);
  writer.tag(field, 2);
}

function bytes(writer: ReverseWriter, field: number, value: Uint8Array): void {
  writer.bytes(value);
  writer.varint(value.length);
  writer.tag(field, 2);
}

/** A DiscoveryResponse around resources that are encoded already. */
export function encodeResponse(
  typeUrl: string,
  version: string,
  nonce: string,
  resources: readonly EncodedResource[],
): Buffer {
  const writer = new ReverseWriter();
  text(writer, 5, nonce);
  text(writer, 4, typeUrl);
  for (let i = resources.length - 1; i >= 0; i--) bytes(writer, 2, resources[i]!.any);
  text(writer, 1, version);
  return writer.finish();
}

/** A DeltaDiscoveryResponse: each resource with its name and version. */
export function encodeDeltaResponse(
  typeUrl: string,
  version: string,
  nonce: string,
  resources: readonly EncodedResource[],
  removed: readonly string[],
): Buffer {
  const writer = new ReverseWriter();
  for (let i = removed.length - 1; i >= 0; i--) text(writer, 6, removed[i]!);
  text(writer, 5, nonce);
  text(writer, 4, typeUrl);
  for (let i = resources.length - 1; i >= 0; i--) {
    const before = writer.length;
    text(writer, 3, resources[i]!.name);
    bytes(writer, 2, resources[i]!.any);
    text(writer, 1, resources[i]!.version);
    writer.varint(writer.length - before);
    writer.tag(2, 2);
  }
  text(writer, 1, version);
  return writer.finish();
}

/** A resource as it came: its bytes are read later, so that one that is broken spoils no other. */
export interface RawResource {
  name: string;
  version: string;
  typeUrl: string;
  value: Buffer;
}

export interface RawResponse {
  version: string;
  nonce: string;
  typeUrl: string;
  resources: RawResource[];
  removed: string[];
}

function within<T>(reader: Reader, read: () => T): T {
  const outer = reader.enter();
  const value = read();
  reader.leave(outer);
  return value;
}

/** Calls `read` with the field number of every length-delimited field; it returns false for those it does not know. */
function eachField(reader: Reader, read: (field: number) => boolean): void {
  while (!reader.done) {
    const tag = reader.varint();
    if (tag % 8 !== 2 || !read(Math.floor(tag / 8))) reader.skip(tag % 8);
  }
}

function readAny(reader: Reader, into: RawResource): void {
  eachField(reader, (field) => {
    if (field === 1) into.typeUrl = reader.string();
    else if (field === 2) into.value = reader.bytes();
    else return false;
    return true;
  });
}

const emptyResource = (): RawResource => ({ name: '', version: '', typeUrl: '', value: Buffer.alloc(0) });

function readResource(reader: Reader): RawResource {
  const resource = emptyResource();
  eachField(reader, (field) => {
    if (field === 1) resource.version = reader.string();
    else if (field === 2) within(reader, () => readAny(reader, resource));
    else if (field === 3) resource.name = reader.string();
    else return false;
    return true;
  });
  return resource;
}

/** A DiscoveryResponse or, with `delta`, a DeltaDiscoveryResponse. Throws WireError. */
export function decodeResponse(data: Uint8Array, delta: boolean): RawResponse {
  const response: RawResponse = { version: '', nonce: '', typeUrl: '', resources: [], removed: [] };
  const reader = new Reader(data);
  eachField(reader, (field) => {
    if (field === 1) response.version = reader.string();
    else if (field === 2) response.resources.push(readEntry(reader, delta));
    else if (field === 4) response.typeUrl = reader.string();
    else if (field === 5) response.nonce = reader.string();
    else if (field === 6 && delta) response.removed.push(reader.string());
    else return false;
    return true;
  });
  return response;
}

function readEntry(reader: Reader, delta: boolean): RawResource {
  if (delta) return within(reader, () => readResource(reader));
  const resource = emptyResource();
  within(reader, () => readAny(reader, resource));
  return resource;
}
