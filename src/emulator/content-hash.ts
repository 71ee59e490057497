// The hashes that SkyDrive's services give for a file, of one stream of bytes, all at once. A hash in progress can be copied, so that
// an upload session whose fragment broke off goes on from the last whole one. Owned by content-store.ts.
import { createHash, type Hash } from 'node:crypto';
import { QuickXorHash } from '../base/quick-xor-hash.ts';

export interface ContentHashes {
  /** Hex, lower case. */
  readonly sha1: string;
  /** Hex, lower case; the name of the bytes in the content store. */
  readonly sha256: string;
  /** Base64 (docs/graph-drive.md, 16). */
  readonly quickXor: string;
  readonly size: number;
}

export class ContentHash {
  #sha1: Hash = createHash('sha1');
  #sha256: Hash = createHash('sha256');
  #quickXor = new QuickXorHash();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): void {
    this.#sha1.update(bytes);
    this.#sha256.update(bytes);
    this.#quickXor.update(bytes);
    this.#size += bytes.length;
  }

  copy(): ContentHash {
    const copy = new ContentHash();
    copy.#sha1 = this.#sha1.copy();
    copy.#sha256 = this.#sha256.copy();
    copy.#quickXor = this.#quickXor.copy();
    copy.#size = this.#size;
    return copy;
  }

  /** Ends the hash; it can't be updated afterwards. */
  digest(): ContentHashes {
    return {
      sha1: this.#sha1.digest('hex'),
      sha256: this.#sha256.digest('hex'),
      quickXor: this.#quickXor.digest().toString('base64'),
      size: this.#size,
    };
  }
}
