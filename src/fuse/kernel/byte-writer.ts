// Writes the little-endian fields of a FUSE reply or notification into a buffer that grows. Owned by the encoders in this
// folder. Every byte below `length` was written: fresh memory is never sent.
const two32 = 2 ** 32;

export class ByteWriter {
  #bytes: Buffer;
  #length = 0;
  #tail: Uint8Array | undefined;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#bytes.writeUInt16LE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeUInt32LE(value, at);
    return this;
  }

  i32(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeInt32LE(value, at);
    return this;
  }

  /** A safe integer; a negative one is written as its two's complement. */
  u64(value: number): this {
    const at = this.#grow(8);
    this.#bytes.writeUInt32LE(value >>> 0, at);
    this.#bytes.writeUInt32LE(Math.floor(value / two32) >>> 0, at + 4);
    return this;
  }

  zeros(count: number): this {
    const at = this.#grow(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Zeros up to the next multiple of 8. */
  align(): this {
    return this.zeros(-this.#length & 7);
  }

  /** Sends `bytes` behind everything that is written, without copying them. Once, and last. */
  attach(bytes: Uint8Array): void {
    this.#tail = bytes;
  }

  get tail(): Uint8Array | undefined {
    return this.#tail;
  }

  /** What was written so far, without the attachment: a view that later writes may leave behind. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Asked before `#bytes` is named: it may put another buffer there. */
  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = needed;
    return at;
  }
}
