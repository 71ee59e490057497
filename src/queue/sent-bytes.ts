// What left for the drive in one attempt, so that it is known again there when the answer was lost. Owned by one upload.
import { createHash } from 'node:crypto';
import { contentOf } from '../drive/content-of.ts';
import type { Drive, Item } from '../drive/drive.ts';

export interface SentMark {
  readonly size: number;
  /** Of all bytes; hex, lower case. */
  readonly sha1: string;
}

/** Attempts without an answer that are remembered of one file. */
const rememberedMarks = 8;

export const withMark = (marks: readonly SentMark[] = [], mark: SentMark): readonly SentMark[] => [
  ...marks.filter(({ sha1 }) => sha1 !== mark.sha1).slice(1 - rememberedMarks),
  mark,
];

export class SentBytes {
  #hash = createHash('sha1');
  #size = 0;

  /** All bytes before the next piece, in order: they were sent earlier. */
  async startWith(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    this.#hash = createHash('sha1');
    this.#size = 0;
    for await (const piece of pieces) this.add(piece);
  }

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#size += piece.length;
  }

  mark(): SentMark {
    return { size: this.#size, sha1: this.#hash.copy().digest('hex') };
  }
}

/** Whether the item holds what one of the marks was taken of; asks the drive where the item does not tell. */
export const holdsSent = async (
  drive: Drive,
  item: Item,
  marks: readonly SentMark[],
  signal: AbortSignal,
): Promise<boolean> => {
  const possible = marks.filter(({ size }) => item.kind === 'file' && size === item.size);
  if (possible.length === 0) return false;
  const sha1 = item.hash?.startsWith('sha1:') ? item.hash.slice('sha1:'.length) : await hashOf(drive, item, signal);
  return possible.some((mark) => mark.sha1 === sha1);
};

const hashOf = async (drive: Drive, item: Item, signal: AbortSignal): Promise<string> => {
  const hash = createHash('sha1');
  for await (const piece of contentOf(drive, item, signal)) hash.update(piece);
  return hash.digest('hex');
};
