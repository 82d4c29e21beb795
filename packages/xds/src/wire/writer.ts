const two32 = 0x1_0000_0000;

/**
 * Writes Protobuf from the end to the start, so that the length of a nested message is known when its tag is written.
 */
export class ReverseWriter {
  #buffer = Buffer.allocUnsafeSlow(1024);
  #start = this.#buffer.length;

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** What was written; the writer is not to be used after it. */
  finish(): Buffer {
    return this.#buffer.length > 2 * this.length + 256
      ? Buffer.from(this.#buffer.subarray(this.#start))
      : this.#buffer.subarray(this.#start);
  }

  #reserve(size: number): number {
    if (this.#start < size) this.#grow(size);
    this.#start -= size;
    return this.#start;
  }

  #grow(size: number): void {
    const used = this.length;
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, used + size));
    this.#buffer.copy(bigger, bigger.length - used, this.#start);
    this.#buffer = bigger;
    this.#start = bigger.length - used;
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    if (value < 0x80) {
      const at = this.#reserve(1);
      this.#buffer[at] = value;
      return;
    }
    let at = this.#reserve(varintSize(value));
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[at] = rest;
  }

  /** A 64-bit number, negative ones in two's complement. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    const at = this.#reserve(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#buffer[at + i] = bytes[i]!;
  }

  string(text: string): void {
    const size = Buffer.byteLength(text);
    const at = this.#reserve(size);
    this.#buffer.write(text, at, 'utf8');
  }

  bytes(data: Uint8Array): void {
    const at = this.#reserve(data.length);
    this.#buffer.set(data, at);
  }

  fixed32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32LE(value < 0 ? value + two32 : value, at);
  }

  fixed64(value: bigint): void {
    const at = this.#reserve(8);
    this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  }

  float(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeFloatLE(value, at);
  }

  double(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
