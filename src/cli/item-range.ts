// `-r` of `ls`: the ancestor's `LIMIT` or `OFFSET-LIMIT`, where either side may be left out. LIMIT is a number of items, not the last one.
import { InvalidArgumentError } from 'commander';

export interface ItemRange {
  /** Items to pass over. */
  readonly offset: number;
  readonly limit: number;
}

export const parseItemRange = (text: string): ItemRange => {
  const [, alone, offset, limit] = /^(?:(\d+)|(\d*)[-:](\d*))$/.exec(text) ?? [];
  if (alone === undefined && !offset && !limit) {
    throw new InvalidArgumentError('a number of items is wanted, or OFFSET-LIMIT, OFFSET- or -LIMIT');
  }
  return { offset: Number(offset || 0), limit: alone || limit ? Number(alone || limit) : Number.POSITIVE_INFINITY };
};

/** Those of a listing that are in the range; asks for no more pages than it takes. */
export async function* within<T>(pages: AsyncIterable<readonly T[]>, { offset, limit }: ItemRange): AsyncIterable<T> {
  let at = 0;
  if (limit === 0) return;
  for await (const page of pages) {
    for (const item of page) {
      if (at >= offset) yield item;
      at += 1;
      if (at >= offset + limit) return;
    }
  }
}
