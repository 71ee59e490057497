// Whether bytes that came are what the drive has: their hash against the one that the service tells, where it tells one.
import { createHash } from 'node:crypto';
import { QuickXorHash } from '../base/quick-xor-hash.ts';
import type { Item } from './drive.ts';
import { DriveError } from './drive-error.ts';

interface Hashing {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

const hashings: Readonly<Record<string, () => Hashing>> = {
  sha1: () => createHash('sha1'),
  sha256: () => createHash('sha256'),
  quickxor: () => new QuickXorHash(),
};

export class ContentCheck {
  readonly #item: Item;
  readonly #expected: string | undefined;
  readonly #hashing: Hashing | undefined;

  constructor(item: Item) {
    const [name = '', value] = (item.hash ?? '').split(':');
    this.#item = item;
    this.#expected = value;
    this.#hashing = hashings[name]?.();
  }

  /** False: the service does not tell, or in a way that is not known here. */
  get isPossible(): boolean {
    return this.#hashing !== undefined;
  }

  /** In their order, from the first byte on. */
  add(piece: Uint8Array): void {
    this.#hashing?.update(piece);
  }

  /** Whether these were all the bytes that the drive has; true where it cannot be said. Ends the check. */
  passes(): boolean {
    return this.#hashing === undefined || this.#hashing.digest().toString('hex') === this.#expected;
  }

  /** Throws `broken` if these were other bytes. */
  finish(): void {
    if (this.passes()) return;
    throw new DriveError('broken', `"${this.#item.name}" came with other bytes than the drive has; try again`);
  }
}
