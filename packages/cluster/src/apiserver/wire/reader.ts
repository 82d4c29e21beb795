/** Reads protobuf's wire format; throws RangeError where it is broken. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(): { number: number; wireType: number } {
    const value = Number(this.varint());
    return { number: value >>> 3, wireType: value & 7 };
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const octet = this.#bytes[this.#at++];
      if (octet === undefined) throw new RangeError('truncated varint');
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
    throw new RangeError('varint too long');
  }

  bytes(): Buffer {
    const length = Number(this.varint());
    return this.#take(length);
  }

  double(): number {
    return this.#take(8).readDoubleLE(0);
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.#take(4);
    else throw new RangeError(`wire type ${wireType}`);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('truncated field');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}
