// What left for the drive in one attempt, so that it is known again there when the answer was lost. Owned by one upload.
import { createHash } from 'node:crypto';
import type { Drive, Item } from '../drive/drive.ts';

export interface SentMark {
  readonly size: number;
  /** Of all bytes; hex, lower case. */
  readonly sha1: string;
}

export class SentBytes {
  #hash = createHash('sha1');
  #size = 0;

  /** The bytes from `offset` on are sent (again). */
  startAt(offset: number): void {
    this.#hash = createHash('sha1');
    // What an earlier attempt sent before `offset` is not known: the size will tell that some is missing.
    this.#size = offset === 0 ? 0 : Number.NEGATIVE_INFINITY;
  }

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#size += piece.length;
  }

  /** Undefined unless exactly `size` bytes left, from the first on. */
  mark(size: number): SentMark | undefined {
    return this.#size === size ? { size, sha1: this.#hash.copy().digest('hex') } : undefined;
  }
}

/** Whether the item holds what the mark was taken of; asks the drive where the item does not tell. */
export const holdsSent = async (drive: Drive, item: Item, mark: SentMark, signal: AbortSignal): Promise<boolean> => {
  if (item.kind !== 'file' || item.size !== mark.size) return false;
  if (item.hash?.startsWith('sha1:')) return item.hash === `sha1:${mark.sha1}`;
  const hash = createHash('sha1');
  if (item.size > 0)
    for await (const piece of drive.read(item, { start: 0, end: item.size }, signal)) hash.update(piece);
  return hash.digest('hex') === mark.sha1;
};
