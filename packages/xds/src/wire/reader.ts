/** Bytes that are no message of the type they were said to be. */
export class WireError extends Error {}

/** Reads Protobuf within a window of a buffer. */
export class Reader {
  readonly #buffer: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.byteLength;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Narrows the window to the length-delimited value that follows; give what it returns to `leave`. */
  enter(): number {
    const size = this.#length();
    const outer = this.#end;
    this.#end = this.#at + size;
    return outer;
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  #length(): number {
    const size = this.varint();
    if (size > this.#end - this.#at)
      throw new WireError(`a length of ${size} bytes at ${this.#at} exceeds the message`);
    return size;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new WireError(`the message ends within a number at ${this.#at}`);
    return this.#buffer[this.#at++]!;
  }

  /** A number up to 2^53; higher bits are lost. */
  varint(): number {
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 0x80;
    for (let i = 1; i < 10; i++) {
      byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new WireError(`a number at ${this.#at} is longer than ten bytes`);
  }

  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError(`a number at ${this.#at} is longer than ten bytes`);
  }

  #skipFixed(size: number): number {
    const at = this.#at;
    if (at + size > this.#end) throw new WireError(`the message ends within a number at ${at}`);
    this.#at += size;
    return at;
  }

  fixed32(): number {
    return this.#buffer.readUInt32LE(this.#skipFixed(4));
  }

  fixed64(): bigint {
    return this.#buffer.readBigUInt64LE(this.#skipFixed(8));
  }

  float(): number {
    return this.#buffer.readFloatLE(this.#skipFixed(4));
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#skipFixed(8));
  }

  string(): string {
    const size = this.#length();
    const text = this.#buffer.toString('utf8', this.#at, this.#at + size);
    this.#at += size;
    return text;
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const size = this.#length();
    const view = this.#buffer.subarray(this.#at, this.#at + size);
    this.#at += size;
    return view;
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint64();
    else if (wireType === 1) this.#skipFixed(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.#skipFixed(4);
    else throw new WireError(`wire type ${wireType} at ${this.#at} is not supported`);
  }
}
