// Sends changes of the tree: folders made, items moved or renamed, items removed. Each looks first whether an earlier
// attempt, whose answer was lost, has done it already.
import type { Item, ItemId } from '../drive/drive.ts';
import { isSameContent, isSamePlace } from '../metadata/base-version.ts';
import type { Node } from '../metadata/node.ts';
import { giveWay } from './give-way.ts';
import {
  afterCreation,
  done,
  folderGone,
  folderItem,
  holderOf,
  isFault,
  isPassing,
  itemGone,
  makeFolderFirst,
  type Parts,
  remoteName,
  type Send,
  type SendContext,
} from './sending.ts';
import { holdsSent } from './sent-bytes.ts';

export const sendFolder: Send<'create-folder'> = async (parts, entry, context) => {
  const { intent } = entry;
  const node = parts.tree.get(intent.node);
  if (node === undefined || node.item !== undefined) {
    done(parts, entry);
    return;
  }
  const folder = folderItem(parts, intent.at.parent);
  if (folder === undefined) {
    makeFolderFirst(parts, entry, intent.at.parent, context.enqueue);
    return;
  }
  const name = remoteName(node, intent.at.name);
  try {
    const item = await parts.drive.makeFolder(folder, name, context.signal);
    parts.changes.settle(item.id);
    parts.store.transact(() => {
      done(parts, entry, item);
      parts.tree.update(node.id, { listedAt: parts.clock.now() });
    });
  } catch (error) {
    if (isFault(error, 'missing')) {
      folderGone(parts, entry, intent.at.parent, context.enqueue);
      return;
    }
    if (!isFault(error, 'exists')) throw error;
    await adoptFolder(parts, entry, { folder, name }, context);
  }
};

/** The name is taken: a folder of that name is the one we wanted, whoever made it. */
const adoptFolder = async (
  parts: Parts,
  entry: Parameters<Send<'create-folder'>>[1],
  place: { readonly folder: string; readonly name: string },
  context: SendContext,
): Promise<void> => {
  const { intent } = entry;
  const holder = await holderOf(parts, place.folder, place.name, context.signal);
  if (holder?.kind === 'folder' && parts.tree.byItem(holder.id) === undefined) {
    parts.changes.settle(holder.id);
    parts.store.transact(() => {
      done(parts, entry, holder);
      // Others may have put things into it: what it holds is not known until it was listed.
      parts.tree.update(intent.node, { listedAt: undefined });
    });
    return;
  }
  giveWay(parts, entry, intent.at, (at) => ({ kind: 'create-folder', node: intent.node, at }), context.enqueue);
};

export const sendMove: Send<'move'> = async (parts, entry, context) => {
  const { intent } = entry;
  const node = parts.tree.get(intent.node);
  const item = node?.item;
  if (node === undefined || item === undefined) {
    afterCreation(parts, entry, context.enqueue);
    return;
  }
  const parentId = folderItem(parts, intent.to.parent);
  if (parentId === undefined) {
    makeFolderFirst(parts, entry, intent.to.parent, context.enqueue);
    return;
  }
  const target = { parentId, name: remoteName(node, intent.to.name) };
  try {
    const current = entry.attempts > 0 ? await parts.drive.get(item.id, context.signal) : item;
    const isThere = current.parentId === parentId && current.name === target.name;
    const moved = isThere ? current : await parts.drive.move(current, target, context.signal);
    parts.changes.settle(moved.id);
    done(parts, entry, moved);
  } catch (error) {
    if (isFault(error, 'exists')) giveWay(parts, entry, intent.to, (to) => ({ ...intent, to }), context.enqueue);
    else if (isFault(error, 'missing')) await moveMissed(parts, entry, item.id, context);
    else throw error;
  }
};

/** Either the item is gone, or the folder that it was to be moved to. */
const moveMissed = async (
  parts: Parts,
  entry: Parameters<Send<'move'>>[1],
  item: ItemId,
  context: SendContext,
): Promise<void> => {
  try {
    await parts.drive.get(item, context.signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    itemGone(parts, entry);
    return;
  }
  folderGone(parts, entry, entry.intent.to.parent, context.enqueue);
};

type RemovalEntry = Parameters<Send<'remove'>>[1];

export const sendRemoval: Send<'remove'> = async (parts, entry, context) => {
  const { intent } = entry;
  const node = parts.tree.get(intent.node);
  if (node?.item !== undefined) {
    await keepForReaders(parts, node, context.signal);
    const isGone = await (node.kind === 'folder'
      ? removeFolder(parts, entry, node.item.id, context.signal)
      : removeFile(parts, entry, node.base ?? node.item, context.signal));
    if (!isGone) return;
  }
  parts.store.transact(() => {
    done(parts, entry);
    parts.settled(intent.node);
  });
};

/** Who has the file open reads on after its removal: what is not here yet is fetched while the drive still has it. */
const keepForReaders = async (parts: Parts, node: Node, signal: AbortSignal): Promise<void> => {
  const file = node.content === undefined ? undefined : parts.contents.used(node.content);
  if (file === undefined || file.isComplete) return;
  try {
    await file.ensure(0, file.size, signal);
  } catch (error) {
    if (isPassing(error)) throw error;
    parts.log.warn(`an open file that was removed cannot be read any further`, error);
  }
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
  if (await holdsMore(parts, id, signal)) {
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
