const mask = 0xffffffffffffffffn;
const p1 = 0x9e3779b185ebca87n;
const p2 = 0xc2b2ae3d27d4eb4fn;
const p3 = 0x165667b19e3779f9n;
const p4 = 0x85ebca77c2b2ae63n;
const p5 = 0x27d4eb2f165667c5n;

const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & mask;
const round = (accumulator: bigint, input: bigint) =>
  (rotate((accumulator + input * p2) & mask, 31n) * p1) & mask;
const mergeRound = (hash: bigint, value: bigint) => ((hash ^ round(0n, value)) * p1 + p4) & mask;

/** xxHash64 as Envoy hashes header values, addresses and table keys. Strings count as Latin-1 bytes. */
export function xxHash64(data: string | Buffer, seed = 0n): bigint {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  const { length } = bytes;
  let at = 0;
  let hash: bigint;
  if (length >= 32) {
    let v1 = (seed + p1 + p2) & mask;
    let v2 = (seed + p2) & mask;
    let v3 = seed & mask;
    let v4 = (seed - p1) & mask;
    for (; at <= length - 32; at += 32) {
      v1 = round(v1, bytes.readBigUInt64LE(at));
      v2 = round(v2, bytes.readBigUInt64LE(at + 8));
      v3 = round(v3, bytes.readBigUInt64LE(at + 16));
      v4 = round(v4, bytes.readBigUInt64LE(at + 24));
    }
    hash = (rotate(v1, 1n) + rotate(v2, 7n) + rotate(v3, 12n) + rotate(v4, 18n)) & mask;
    for (const v of [v1, v2, v3, v4]) hash = mergeRound(hash, v);
  } else {
    hash = (seed + p5) & mask;
  }
  return avalanche(tail((hash + BigInt(length)) & mask, bytes, at));
}

function tail(start: bigint, bytes: Buffer, from: number): bigint {
  let hash = start;
  let at = from;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4) & mask;
  }
  if (at + 4 <= bytes.length) {
    hash = (rotate(hash ^ ((BigInt(bytes.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask;
    at += 4;
  }
  for (; at < bytes.length; at++) hash = (rotate(hash ^ ((BigInt(bytes[at]!) * p5) & mask), 11n) * p1) & mask;
  return hash;
}

function avalanche(value: bigint): bigint {
  let hash = value;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}

const m = 0xc6a4a7935bd1e995n;
const shift = (x: bigint) => x ^ (x >> 47n);

/** 64-bit MurmurHash2 with the seed of libstdc++, as MURMUR_HASH_2 rings use it. */
export function murmurHash64(data: string | Buffer, seed = 0xc70f6907n): bigint {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
  const end = bytes.length & ~7;
  let hash = (seed ^ (BigInt(bytes.length) * m)) & mask;
  for (let at = 0; at < end; at += 8) {
    const block = (shift((bytes.readBigUInt64LE(at) * m) & mask) * m) & mask;
    hash = ((hash ^ block) * m) & mask;
  }
  if (bytes.length & 7) {
    let rest = 0n;
    for (let at = bytes.length - 1; at >= end; at--) rest = (rest << 8n) | BigInt(bytes[at]!);
    hash = ((hash ^ rest) * m) & mask;
  }
  return shift((shift(hash) * m) & mask);
}
