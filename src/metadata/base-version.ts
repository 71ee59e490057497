// What a change made here is based on: the item as it was known when the first unsent change of a node was made. It moves on
// with our own changes as the drive answers them, and with those of others only as far as they were seen here.
import { isSameVersion } from '../drive/counted-version.ts';
import type { Item } from '../drive/drive.ts';
import type { Ahead } from './node.ts';

/** Whether the item still has the content that is known, by what the drive told `now`. */
export const isSameContent = (known: Item, now: Item): boolean =>
  isSameVersion(known.contentVersion, now.contentVersion) && known.size === now.size;

export const isSamePlace = (one: Item, other: Item): boolean =>
  one.name === other.name && one.parentId === other.parentId;

/** Something waits to be sent. */
export const isAhead = (ahead: Ahead): boolean => Object.keys(ahead).length > 0;

/**
 * The base after the drive told of `item`. `follows`: what of it is known here now, because it is our own doing, or because
 * the tree shows it.
 */
export const rebased = (
  base: Item,
  item: Item,
  follows: { readonly content: boolean; readonly place: boolean },
): Item => {
  // A version names all of an item: as long as the content is the same, the newest one says so best.
  const content = follows.content || isSameContent(base, item);
  return {
    ...base,
    ...(content ? { version: item.version, contentVersion: item.contentVersion, size: item.size } : {}),
    ...(follows.place ? { name: item.name, parentId: item.parentId } : {}),
  };
};
