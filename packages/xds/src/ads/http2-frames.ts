/** The part of HTTP/2's framing that one client stream needs. */
export const frameTypes = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function encodeFrame(type: number, flag: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(9 + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flag;
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, 9);
  return frame;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Payload of a SETTINGS frame. */
export function encodeSettings(settings: Readonly<Record<number, number>>): Buffer {
  return Buffer.concat(
    Object.entries(settings).map(([id, value]) => {
      const entry = Buffer.allocUnsafe(6);
      entry.writeUInt16BE(Number(id));
      entry.writeUInt32BE(value, 2);
      return entry;
    }),
  );
}

export function decodeSettings(payload: Buffer): Map<number, number> {
  const settings = new Map<number, number>();
  for (let at = 0; at + 6 <= payload.length; at += 6)
    settings.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
  return settings;
}

/** The payload of DATA or HEADERS without padding and priority. */
export function unpadded({ type, flags: set, payload }: Frame): Buffer {
  let [start, end] = [0, payload.length];
  if (set & flags.padded) {
    end -= payload[0] ?? 0;
    start = 1;
  }
  if (type === frameTypes.headers && set & flags.priority) start += 5;
  return payload.subarray(start, Math.max(start, end));
}

/** HPACK without table and without compression, which every peer understands. */
export function encodeHeaders(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) parts.push(Buffer.from([0]), literal(name), literal(value));
  return Buffer.concat(parts);
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length: number[] = [];
  let rest = bytes.length - 127;
  if (rest < 0) length.push(bytes.length);
  else {
    length.push(127);
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** Cuts what arrives into pieces whose length the pieces' start tells. */
export class PieceReader {
  #chunks: Buffer[] = [];
  #size = 0;
  readonly #headLength: number;
  readonly #bodyLength: (head: Buffer) => number;

  /** `bodyLength` may throw when the head is not acceptable. */
  constructor(headLength: number, bodyLength: (head: Buffer) => number) {
    this.#headLength = headLength;
    this.#bodyLength = bodyLength;
  }

  push(chunk: Buffer, onPiece: (head: Buffer, body: Buffer) => void): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (this.#size < this.#headLength) return;
      if (this.#chunks[0]!.length < this.#headLength) this.#join();
      const head = this.#chunks[0]!.subarray(0, this.#headLength);
      const total = this.#headLength + this.#bodyLength(head);
      if (this.#size < total) return;
      const all = this.#chunks[0]!.length >= total ? this.#chunks[0]! : this.#join();
      this.#drop(all, total);
      onPiece(all.subarray(0, this.#headLength), all.subarray(this.#headLength, total));
    }
  }

  #drop(first: Buffer, length: number): void {
    if (first.length > length) this.#chunks[0] = first.subarray(length);
    else this.#chunks.shift();
    this.#size -= length;
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
