// The hashes that SkyDrive's services give for a file, of one stream of bytes, all at once. A hash in progress can be copied, so that
// an upload session whose fragment broke off goes on from the last whole one. Owned by content-store.ts.
import { createHash, type Hash } from 'node:crypto';

export interface ContentHashes {
  /** Hex, lower case. */
  readonly sha1: string;
  /** Hex, lower case; the name of the bytes in the content store. */
  readonly sha256: string;
  /** Base64 (docs/graph-drive.md, 16). */
  readonly quickXor: string;
  readonly size: number;
}

/** Byte i is shifted by 11 * i modulo 160 bits, so positions repeat every 160 bytes. */
const period = 160;

/** Folds the bytes of a stream into the block that quickXorHash is made of. */
const fold = (block: Uint8Array, position: number, bytes: Uint8Array): void => {
  let at = position % period;
  for (let index = 0; index < bytes.length; index += 1) {
    block[at] = (block[at] ?? 0) ^ (bytes[index] ?? 0);
    at = at === period - 1 ? 0 : at + 1;
  }
};

const quickXor = (block: Uint8Array, size: number): string => {
  const out = Buffer.alloc(20);
  for (let index = 0; index < period; index += 1) {
    const bit = (11 * index) % period;
    const shifted = (block[index] ?? 0) << (bit % 8);
    const low = Math.floor(bit / 8);
    const high = (low + 1) % 20;
    out[low] = (out[low] ?? 0) ^ (shifted & 0xff);
    out[high] = (out[high] ?? 0) ^ (shifted >> 8);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(size));
  for (let index = 0; index < 8; index += 1) out[12 + index] = (out[12 + index] ?? 0) ^ (length[index] ?? 0);
  return out.toString('base64');
};

export class ContentHash {
  #sha1: Hash = createHash('sha1');
  #sha256: Hash = createHash('sha256');
  #block: Uint8Array = new Uint8Array(period);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): void {
    this.#sha1.update(bytes);
    this.#sha256.update(bytes);
    fold(this.#block, this.#size, bytes);
    this.#size += bytes.length;
  }

  copy(): ContentHash {
    const copy = new ContentHash();
    copy.#sha1 = this.#sha1.copy();
    copy.#sha256 = this.#sha256.copy();
    copy.#block = this.#block.slice();
    copy.#size = this.#size;
    return copy;
  }

  /** Ends the hash; it can't be updated afterwards. */
  digest(): ContentHashes {
    return {
      sha1: this.#sha1.digest('hex'),
      sha256: this.#sha256.digest('hex'),
      quickXor: quickXor(this.#block, this.#size),
      size: this.#size,
    };
  }
}
