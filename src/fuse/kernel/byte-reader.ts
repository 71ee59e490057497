// Reads the little-endian fields of a FUSE request one after the other. Owned by the decoders in this folder.
// Reading past the end throws EIO: a request that is too short is answered, it never ends the process.
// 64-bit fields come as numbers: what we gave out (nodes, handles) and what files can hold is below 2^53; larger values
// lose their lowest bits, which matters for no field that is read here.
import { FsError } from '../../base/errors.ts';

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const two32 = 2 ** 32;

export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  /** Reads `bytes` from `start` up to `end`. */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  u64(): number {
    const at = this.#advance(8);
    return this.#bytes.readUInt32LE(at + 4) * two32 + this.#bytes.readUInt32LE(at);
  }

  i64(): number {
    const at = this.#advance(8);
    return this.#bytes.readInt32LE(at + 4) * two32 + this.#bytes.readUInt32LE(at);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** A view, not a copy. */
  bytes(count: number): Buffer {
    const at = this.#advance(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** Text up to the next NUL. EILSEQ unless it is UTF-8. */
  text(): string {
    const start = this.#at;
    const end = this.#bytes.indexOf(0, start);
    if (end < 0 || end >= this.#end) throw new FsError('EIO', `text without an end at byte ${start} of a request`);
    this.#at = end + 1;
    for (let at = start; at < end; at += 1) {
      if ((this.#bytes[at] ?? 0) > 127) return decodeStrictly(this.#bytes.subarray(start, end));
    }
    return this.#bytes.toString('latin1', start, end);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#end) {
      throw new FsError('EIO', `a request of ${this.#end} bytes ends before byte ${at + count}`);
    }
    this.#at = at + count;
    return at;
  }
}

const notText = (cause: unknown): FsError => new FsError('EILSEQ', 'a name that is not UTF-8', { cause });

const decodeStrictly = (bytes: Uint8Array): string => {
  try {
    return strictText.decode(bytes);
  } catch (error) {
    throw notText(error);
  }
};
