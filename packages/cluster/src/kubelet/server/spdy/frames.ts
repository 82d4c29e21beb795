export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** The last frame that its sender sends on a stream. */
export const flagFin = 1;

export type Frame =
  | { readonly kind: 'data'; readonly stream: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly payload: Buffer };

/** Longer frames are not taken from anybody. */
const longestFrame = 4 * 1024 * 1024;

/** Cuts SPDY/3.1 frames out of a byte stream. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** The frames that are complete now. Throws on what is no SPDY. */
  push(chunk: Buffer): Frame[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    while (this.#pending.length >= 8) {
      const length = this.#pending.readUIntBE(5, 3);
      if (length > longestFrame) throw new Error(`a SPDY frame of ${length} bytes is too long`);
      if (this.#pending.length < 8 + length) break;
      frames.push(parseFrame(this.#pending.subarray(0, 8 + length)));
      this.#pending = this.#pending.subarray(8 + length);
    }
    return frames;
  }
}

function parseFrame(bytes: Buffer): Frame {
  const head = bytes.readUInt32BE(0);
  const flags = bytes[4]!;
  const payload = bytes.subarray(8);
  if ((head & 0x80000000) === 0) return { kind: 'data', stream: head & 0x7fffffff, flags, payload };
  const version = (head >>> 16) & 0x7fff;
  if (version !== 3) throw new Error(`SPDY version ${version} is not spoken here`);
  return { kind: 'control', type: head & 0xffff, flags, payload };
}

export function dataFrame(stream: number, payload: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(stream & 0x7fffffff, 0);
  head[4] = flags;
  head.writeUIntBE(payload.length, 5, 3);
  return payload.length === 0 ? head : Buffer.concat([head, payload]);
}

export function controlFrame(type: number, payload: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE((0x80030000 | type) >>> 0, 0);
  head[4] = flags;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value >>> 0, index * 4);
  });
  return bytes;
}

/** A name/value block: their number, then each name and value after its length. */
export function parseHeaders(block: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let at = 4;
  const text = () => {
    const length = block.readUInt32BE(at);
    at += 4 + length;
    if (at > block.length) throw new Error('a SPDY header block is cut short');
    return block.toString('utf8', at - length, at);
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) headers[text().toLowerCase()] = text();
  return headers;
}
