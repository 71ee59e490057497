// Sends removals. The service removes folders with all that is in them, and files whatever they hold: what is removed here is only
// ever what our user knew. A whole tree goes in one request if nothing else is in it.
import type { Item, ItemId } from '../drive/drive.ts';
import { isSameContent, isSamePlace } from '../metadata/base-version.ts';
import type { NodeId } from '../metadata/node.ts';
import { type Gone, nodesOf } from './intent.ts';
import { keepForReaders } from './keep-for-readers.ts';
import { done, type Enqueue, isFault, type Parts, type Send } from './sending.ts';
import { holdsSent } from './sent-bytes.ts';

type RemovalEntry = Parameters<Send<'remove'>>[1];

export const sendRemoval: Send<'remove'> = async (parts, entry, context) => {
  const { intent } = entry;
  const node = parts.tree.get(intent.node);
  const { also = [] } = intent;
  for (const id of nodesOf(intent)) await keepForReaders(parts, parts.tree.get(id), context.signal);
  if (also.length > 0 && !(await holdsOnly(parts, node?.item?.id, also, context.signal))) {
    oneByOne(parts, entry, context.enqueue);
    return;
  }
  if (node?.item !== undefined) {
    const isGone = await (node.kind === 'folder'
      ? removeFolder(parts, entry, node.item.id, context.signal)
      : removeFile(parts, entry, node.base ?? node.item, context.signal));
    if (!isGone) return;
  }
  parts.store.transact(() => {
    done(parts, entry);
    // What is uploaded is counted; what a removal gives free, recycle bin or not, only the drive knows.
    parts.space.outdated();
    for (const id of nodesOf(intent)) parts.settled(id);
  });
};

/** Whether nothing is in the folder, at any depth, but what was known here as it is there, and was removed. */
const holdsOnly = async (
  parts: Parts,
  folder: ItemId | undefined,
  removed: readonly Gone[],
  signal: AbortSignal,
): Promise<boolean> => {
  const nodes = new Set<NodeId>(removed.map(({ node }) => node));
  const isKnown = (item: Item): boolean => {
    const node = parts.tree.byItem(item.id);
    const base = node?.base ?? node?.item;
    if (node === undefined || base === undefined || !nodes.has(node.id)) return false;
    return node.kind === 'folder' || (isSameContent(base, item) && base.name === item.name);
  };
  if (folder === undefined) return false;
  try {
    for await (const page of parts.drive.descendants(folder, signal)) if (!page.every(isKnown)) return false;
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
  }
  return true;
};

/** Somebody else has done something in the folder: what he has not touched goes, each under its own guard. */
const oneByOne = (parts: Parts, entry: RemovalEntry, enqueue: Enqueue): void => {
  const { also = [], ...folder } = entry.intent;
  parts.store.transact(() => {
    parts.journal.remove(entry);
    for (const gone of also) enqueue({ kind: 'remove', ...gone });
    enqueue(folder);
  });
};

/** The service removes folders with all that is in them; we only ever mean the empty folder that our user saw. */
const holdsMore = async ({ drive }: Parts, folder: ItemId, signal: AbortSignal): Promise<boolean> => {
  try {
    for await (const page of drive.children(folder, signal)) if (page.length > 0) return true;
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
  }
  return false;
};

const removeFolder = async (parts: Parts, entry: RemovalEntry, id: ItemId, signal: AbortSignal): Promise<boolean> => {
  if (entry.intent.also === undefined && (await holdsMore(parts, id, signal))) {
    bringBack(parts, entry, 'somebody has put something into it meanwhile');
    return false;
  }
  await removeItem(parts, id, undefined, signal);
  return true;
};

/** How often an item is looked at whose version is another although nothing in it is that counts. */
const maxLooks = 5;

/** Only the version that was known here is removed. False if it is another by now, and stays. */
const removeFile = async (parts: Parts, entry: RemovalEntry, base: Item, signal: AbortSignal): Promise<boolean> => {
  let version = base.version;
  for (let looks = 0; ; looks += 1) {
    try {
      await removeItem(parts, base.id, version, signal);
      return true;
    } catch (error) {
      if (!isFault(error, 'changed') || looks === maxLooks) throw error;
    }
    const now = await lookAt(parts, base.id, signal);
    if (now === undefined) return true;
    if (!(await isAsKnown(parts, entry, { base, now }, signal))) {
      parts.changes.replaceContent(entry.intent.node, now);
      bringBack(parts, entry, 'somebody has changed it meanwhile');
      return false;
    }
    version = now.version;
  }
};

/** The item as it is on the drive; undefined if it is gone. */
const lookAt = async ({ drive }: Parts, id: ItemId, signal: AbortSignal): Promise<Item | undefined> => {
  try {
    return await drive.get(id, signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    return undefined;
  }
};

/** Nobody else has done anything to the item that whoever removed it did not know of. */
const isAsKnown = async (
  parts: Parts,
  { sent }: RemovalEntry,
  { base, now }: { readonly base: Item; readonly now: Item },
  signal: AbortSignal,
): Promise<boolean> => {
  if (!isSamePlace(base, now)) return false;
  return isSameContent(base, now) || (await holdsSent(parts.drive, now, sent ?? [], signal));
};

/** It stays on the drive, and comes back into the tree. */
const bringBack = (parts: Parts, entry: RemovalEntry, why: string): void => {
  const { parent, name } = entry.intent.from;
  parts.log.warn(`${name} is not removed: ${why}`);
  parts.store.transact(() => {
    done(parts, entry);
    parts.tree.update(entry.intent.node, { listedAt: undefined });
  });
  parts.renew(parent);
};

const removeItem = async (
  { drive, changes }: Parts,
  id: ItemId,
  version: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await drive.remove(id, version, signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
  }
  changes.settle(id);
};
