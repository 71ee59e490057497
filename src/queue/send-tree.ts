// Sends changes of the tree: folders made, items moved or renamed. Each looks first whether an earlier attempt, whose answer was
// lost, has done it already.
import { changedMeanwhile } from '../drive/content-of.ts';
import type { Drive, Item, ItemId } from '../drive/drive.ts';
import { giveWay, takenBy } from './give-way.ts';
import type { Entry } from './intent.ts';
import { keepItem } from './saves.ts';
import {
  afterCreation,
  done,
  folderGone,
  folderItem,
  isEmptyFolder,
  isFault,
  itemGone,
  makeFolderFirst,
  type Parts,
  remoteName,
  type Send,
  type SendContext,
} from './sending.ts';

type MoveEntry = Parameters<Send<'move'>>[1];

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
  const holder = await takenBy(parts, entry, place, context);
  const known = holder === undefined ? undefined : parts.tree.byItem(holder.id);
  // One that was removed here, and which others use, is what the new one of its name is on the drive.
  if (holder?.kind === 'folder' && known?.parent === undefined) {
    const now = parts.clock.now();
    // What others may have put into it is not known until it was listed. Ours is empty, as nothing is sent into it before.
    const listedAt = (await isStillEmpty(parts, holder, context.signal)) ? now : undefined;
    parts.changes.settle(holder.id);
    parts.store.transact(() => {
      if (known !== undefined) parts.tree.update(known.id, { item: undefined, base: undefined });
      done(parts, entry, holder);
      parts.tree.update(intent.node, { listedAt });
    });
    return;
  }
  giveWay(parts, entry, intent.at, (at) => ({ kind: 'create-folder', node: intent.node, at }), context.enqueue);
};

const isStillEmpty = async (parts: Parts, folder: Item, signal: AbortSignal): Promise<boolean> => {
  try {
    return await isEmptyFolder(parts, folder.id, signal);
  } catch (error) {
    throw isFault(error, 'missing') ? changedMeanwhile(folder, error) : error;
  }
};

export const sendMove: Send<'move'> = async (parts, entry, context) => {
  if (!keepItem(parts, entry, context)) await moveItem(parts, entry, context);
};

const moveItem: Send<'move'> = async (parts, entry, context) => {
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
    const moved = await moveUnlessThere(parts, entry, item, target, context.signal);
    parts.changes.settle(moved.id);
    done(parts, entry, moved);
  } catch (error) {
    if (isFault(error, 'exists')) await targetTaken(parts, entry, target, context);
    else if (isFault(error, 'missing')) await moveMissed(parts, entry, item.id, context);
    else if (isFault(error, 'refused') && (await isWithin(parts.drive, parentId, item.id, context.signal)))
      await stay(parts, entry, item.id, context.signal);
    else throw error;
  }
};

const targetTaken = async (
  parts: Parts,
  entry: MoveEntry,
  { parentId, name }: { readonly parentId: ItemId; readonly name: string },
  context: SendContext,
): Promise<void> => {
  await takenBy(parts, entry, { folder: parentId, name }, context);
  giveWay(parts, entry, entry.intent.to, (to) => ({ ...entry.intent, to }), context.enqueue);
};

/** On the drive, as it is now. */
const isWithin = async (drive: Drive, folder: ItemId, above: ItemId, signal: AbortSignal): Promise<boolean> => {
  for (let at: ItemId | undefined = folder; at !== undefined; at = (await drive.get(at, signal)).parentId)
    if (at === above) return true;
  return false;
};

/** Somebody else has moved the folder that ours was to be moved into, into ours: what is on the drive counts. */
const stay = async (parts: Parts, entry: MoveEntry, id: ItemId, signal: AbortSignal): Promise<void> => {
  const now = await parts.drive.get(id, signal);
  const { node, from, to } = entry.intent;
  parts.log.warn(
    `${from.name} is not moved: ${parts.tree.path(to.parent) ?? to.name} has been moved into it meanwhile`,
  );
  parts.store.transact(() => {
    done(parts, entry);
    parts.changes.applyLooked(now);
  });
  parts.renew(node);
};

/** An earlier attempt may have done it, or somebody else. */
const moveUnlessThere = async (
  { drive }: Parts,
  { attempts, ambiguous }: Entry,
  item: Item,
  target: Parameters<Drive['move']>[1],
  signal: AbortSignal,
): Promise<Item> => {
  const isThere = ({ parentId, name }: Item): boolean => parentId === target.parentId && name === target.name;
  // That it has never been away from there is what was known before earlier moves.
  const isDoubtful = attempts > 0 || ambiguous === true || isThere(item);
  const current = isDoubtful ? await drive.get(item.id, signal) : item;
  return isThere(current) ? current : await drive.move(current, target, signal);
};

/** Either the item is gone, or the folder that it was to be moved to. */
const moveMissed = async (parts: Parts, entry: MoveEntry, item: ItemId, context: SendContext): Promise<void> => {
  try {
    await parts.drive.get(item, context.signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    itemGone(parts, entry);
    return;
  }
  folderGone(parts, entry, entry.intent.to.parent, context.enqueue);
};
