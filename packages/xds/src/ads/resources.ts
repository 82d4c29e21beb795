import { createHash } from 'node:crypto';
import { encode } from '../encode.ts';
import { resourceName } from '../type-urls.ts';
import type { AnyJson } from '../types.ts';
import { ReverseWriter } from '../wire/writer.ts';

/** A resource with its bytes; one object stands for all proxies that are sent it. */
export interface EncodedResource {
  readonly name: string;
  /** Follows from the bytes alone: equal versions are equal resources. */
  readonly version: string;
  /** The bytes of the `google.protobuf.Any`. */
  readonly any: Buffer;
  readonly json: AnyJson;
}

function wrapAny(typeUrl: string, value: Uint8Array): Buffer {
  const writer = new ReverseWriter();
  writer.bytes(value);
  writer.varint(value.length);
  writer.tag(2, 2);
  writer.string(typeUrl);
  writer.varint(Buffer.byteLength(typeUrl));
  writer.tag(1, 2);
  return writer.finish();
}

/** Encodes resources once: the same object, and equal ones, give the same EncodedResource. */
export class ResourceEncoder {
  readonly #byObject = new WeakMap<AnyJson, EncodedResource>();
  readonly #byVersion = new Map<string, WeakRef<EncodedResource>>();
  readonly #finalizer = new FinalizationRegistry<string>((key) => {
    if (!this.#byVersion.get(key)?.deref()) this.#byVersion.delete(key);
  });

  /** Throws EncodeError when `json` does not fit its type. */
  encode(json: AnyJson): EncodedResource {
    const known = this.#byObject.get(json);
    if (known) return known;
    const resource = this.#shared(json, wrapAny(json['@type'], encode(json)));
    this.#byObject.set(json, resource);
    return resource;
  }

  #shared(json: AnyJson, any: Buffer): EncodedResource {
    const version = createHash('sha1').update(any).digest('base64url').slice(0, 16);
    const name = resourceName(json);
    const key = `${version} ${name}`;
    const equal = this.#byVersion.get(key)?.deref();
    if (equal) return equal;
    const resource: EncodedResource = { name, version, any, json };
    this.#byVersion.set(key, new WeakRef(resource));
    this.#finalizer.register(resource, key);
    return resource;
  }
}

/** What one proxy may see, by type URL and name. */
export type ResourceSets = ReadonlyMap<string, ReadonlyMap<string, EncodedResource>>;
