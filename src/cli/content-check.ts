// Whether a download is what the drive has: the hash of its bytes against the one that the service tells, where it tells one.
import { createHash, type Hash } from 'node:crypto';
import type { Item } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';

const known = ['sha1', 'sha256', 'md5'];

export class ContentCheck {
  readonly #item: Item;
  readonly #expected: string | undefined;
  readonly #hash: Hash | undefined;

  constructor(item: Item) {
    const [name = '', value] = (item.hash ?? '').split(':');
    this.#item = item;
    this.#expected = value;
    this.#hash = known.includes(name) ? createHash(name) : undefined;
  }

  /** In their order, from the first byte on. */
  add(piece: Uint8Array): void {
    this.#hash?.update(piece);
  }

  /** Throws `broken` if these were other bytes. */
  finish(): void {
    if (this.#hash === undefined || this.#hash.digest('hex') === this.#expected) return;
    throw new DriveError('broken', `"${this.#item.name}" came with other bytes than the drive has; try again`);
  }
}
