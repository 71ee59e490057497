// Sends removals. The service removes folders with all that is in them, and files whatever they hold: what is removed here is only
// ever what our user knew. A whole tree goes in one request if nothing else is in it.
import type { Drive, Item, ItemId } from '../drive/drive.ts';
import { isSameContent, isSamePlace } from '../metadata/base-version.ts';
import { foldName, toRemoteName } from '../metadata/names.ts';
import type { NodeId } from '../metadata/node.ts';
import { type Gone, nodesOf, type Place } from './intent.ts';
import { keepForReaders } from './keep-for-readers.ts';
import {
  aheadOf,
  done,
  type Enqueue,
  folderItem,
  isEmptyFolder,
  isFault,
  type Parts,
  type Send,
  type SendContext,
} from './sending.ts';
import { holdsSent } from './sent-bytes.ts';

type RemovalEntry = Parameters<Send<'remove'>>[1];

export const sendRemoval: Send<'remove'> = async (parts, entry, context) => {
  const { intent } = entry;
  const node = parts.tree.get(intent.node);
  const { also = [] } = intent;
  for (const id of nodesOf(intent)) await keepForReaders(parts, parts.tree.get(id), context.signal);
  if (node?.item === undefined && also.length > 0) {
    oneByOne(parts, entry, context.enqueue);
    return;
  }
  let elsewhere: readonly Elsewhere[] | undefined = [];
  if (node?.item !== undefined) {
    if (node.kind === 'folder') elsewhere = await removeFolder(parts, entry, node.item, context);
    else if (!(await removeFile(parts, entry, node.base ?? node.item, context.signal))) elsewhere = undefined;
  }
  if (elsewhere === undefined) return;
  for (const { gone } of elsewhere) warnOf(parts, gone, 'somebody has moved it meanwhile');
  parts.store.transact(() => {
    done(parts, entry);
    // The lowest come first.
    for (const { gone, now } of [...elsewhere].reverse())
      comeBack(parts, gone.node, now, () =>
        parts.tree.update(gone.node, { ahead: aheadOf(parts, gone.node), base: undefined }),
      );
    // What is uploaded is counted; what a removal gives free, recycle bin or not, only the drive knows.
    parts.space.outdated();
    for (const id of nodesOf(intent)) parts.settled(id);
  });
};

/** What was removed with a folder, and is not in it on the drive. */
interface Elsewhere {
  readonly gone: Gone;
  readonly now: Item;
}

/** What a look into a folder found that is to be removed. */
interface Look {
  /** Nothing is in it, at any depth, but what was known here as it is there, and was removed. */
  readonly holdsOnlyKnown: boolean;
  readonly elsewhere?: readonly Elsewhere[];
  /** As long as the folder has this one, that is so. Undefined where the drive has no such thing. */
  readonly treeVersion?: string | undefined;
}

/** Into a folder with all that was removed in it before. */
const lookAtTree = async (
  parts: Parts,
  folder: ItemId,
  removed: readonly Gone[],
  signal: AbortSignal,
): Promise<Look> => {
  const { tree, drive } = parts;
  const gone = new Map<NodeId, Gone>(removed.map((one) => [one.node, one]));
  const unseen = new Set(removed.flatMap(({ node }) => tree.get(node)?.item?.id ?? []));
  const isKnown = async (item: Item): Promise<boolean> => {
    const node = tree.byItem(item.id);
    const base = node?.base ?? node?.item;
    const known = node && gone.get(node.id);
    if (known === undefined || base === undefined) return false;
    if (node?.kind === 'folder') return true;
    return base.name === item.name && (await isKnownContent(drive, known, { base, now: item }, signal));
  };
  let treeVersion: string | undefined;
  for await (const page of drive.descendants(folder, signal)) {
    treeVersion ??= page.find(({ id }) => id === folder)?.treeVersion;
    for (const item of page) if (item.id !== folder && !(await isKnown(item))) return { holdsOnlyKnown: false };
    for (const { id } of page) unseen.delete(id);
  }
  return { holdsOnlyKnown: true, treeVersion, elsewhere: await lookElsewhere(parts, removed, unseen, signal) };
};

/** Somebody else may have moved out what is not in the folder. */
const lookElsewhere = async (
  parts: Parts,
  removed: readonly Gone[],
  unseen: ReadonlySet<ItemId>,
  signal: AbortSignal,
): Promise<Elsewhere[]> => {
  const found: Elsewhere[] = [];
  for (const gone of removed) {
    const { item } = parts.tree.get(gone.node) ?? {};
    const now = item !== undefined && unseen.has(item.id) ? await lookAt(parts, item.id, signal) : undefined;
    if (now !== undefined) found.push({ gone, now });
  }
  return found;
};

/** Into a folder of which our user saw that it is empty. */
const lookIfEmpty = async (parts: Parts, { id, treeVersion: known }: Item, signal: AbortSignal): Promise<Look> => {
  // Before it is listed: whatever comes into it later makes this another.
  const treeVersion = known === undefined ? undefined : (await parts.drive.get(id, signal)).treeVersion;
  return { holdsOnlyKnown: await isEmptyFolder(parts, id, signal), treeVersion };
};

const emptyIfMissing = (error: unknown): Look => {
  if (!isFault(error, 'missing')) throw error;
  return { holdsOnlyKnown: true };
};

/** How often an item is looked at whose version is another although nothing in it is that counts. */
const maxLooks = 5;

/** Undefined: somebody else has done something in it. Where the drive has versions of trees, nothing of his goes with it. */
const removeUnlessUsed = async (
  parts: Parts,
  folder: ItemId,
  look: () => Promise<Look>,
  signal: AbortSignal,
): Promise<readonly Elsewhere[] | undefined> => {
  for (let looks = 0; looks < maxLooks; looks += 1) {
    const { holdsOnlyKnown, treeVersion, elsewhere = [] } = await look().catch(emptyIfMissing);
    if (!holdsOnlyKnown) return undefined;
    try {
      await removeItem(parts, folder, treeVersion, signal);
      return elsewhere;
    } catch (error) {
      if (!isFault(error, 'changed')) throw error;
    }
    const now = await lookAt(parts, folder, signal);
    if (now?.treeVersion !== treeVersion) continue;
    // It is as it was: this drive does not take such a version as a condition.
    await removeItem(parts, folder, undefined, signal);
    return elsewhere;
  }
  return undefined;
};

/** Gives what was to go with it and is elsewhere; undefined if it stays. */
const removeFolder = async (
  parts: Parts,
  entry: RemovalEntry,
  item: Item,
  { signal, enqueue }: SendContext,
): Promise<readonly Elsewhere[] | undefined> => {
  const { also = [] } = entry.intent;
  const look = (): Promise<Look> =>
    also.length > 0 ? lookAtTree(parts, item.id, also, signal) : lookIfEmpty(parts, item, signal);
  const elsewhere = await removeUnlessUsed(parts, item.id, look, signal);
  if (elsewhere !== undefined) return elsewhere;
  if (also.length > 0) {
    oneByOne(parts, entry, enqueue);
    return undefined;
  }
  const now = await lookAt(parts, item.id, signal);
  if (now === undefined) return [];
  bringBack(parts, entry, now, 'somebody has put something into it meanwhile');
  return undefined;
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

/** Only the version that was known here is removed. False if it is another by now, and stays. */
const removeFile = async (parts: Parts, entry: RemovalEntry, base: Item, signal: AbortSignal): Promise<boolean> => {
  const told = parts.tree.byItem(base.id)?.item ?? base;
  // A version that was told with another place is none that whoever removed the file knew.
  let known = isSamePlace(base, told) ? base : undefined;
  for (let looks = 0; ; looks += 1) {
    if (known !== undefined && (await removeVersion(parts, known, looks === maxLooks, signal))) return true;
    const now = await lookAt(parts, base.id, signal);
    if (now === undefined) return true;
    const isAsKnown =
      isSamePlace(base, now) && (await isKnownContent(parts.drive, entry.intent, { base, now }, signal));
    if (!isAsKnown) {
      bringBack(parts, entry, now, 'somebody has changed it meanwhile');
      return false;
    }
    known = now;
  }
};

/** False if the item has another version, which is worth a look unless it was the last. */
const removeVersion = async (
  parts: Parts,
  { id, version }: Item,
  isLast: boolean,
  signal: AbortSignal,
): Promise<boolean> => {
  try {
    await removeItem(parts, id, version, signal);
    return true;
  } catch (error) {
    if (!isFault(error, 'changed') || isLast) throw error;
    return false;
  }
};

/** The item as it is on the drive; undefined if it is gone. */
const lookAt = async (parts: Parts, id: ItemId, signal: AbortSignal): Promise<Item | undefined> => {
  try {
    return await parts.drive.get(id, signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    wasGone(parts, id);
    return undefined;
  }
};

/** Somebody else was faster, and may have given the name to another item since. */
const wasGone = ({ tree, changes }: Parts, id: ItemId): void => {
  const node = tree.byItem(id);
  if (node !== undefined) changes.missing(node);
};

/** The item holds what whoever removed it knew, or had written himself. */
const isKnownContent = async (
  drive: Drive,
  { sent = [] }: Gone,
  { base, now }: { readonly base: Item; readonly now: Item },
  signal: AbortSignal,
): Promise<boolean> => isSameContent(base, now) || (await holdsSent(drive, now, sent, signal));

/** It stays on the drive, and comes back into the tree where the drive has it by now. */
const bringBack = (parts: Parts, entry: RemovalEntry, now: Item, why: string): void => {
  const { node, from } = entry.intent;
  if (isMadeAnew(parts, from, now)) {
    parts.store.transact(() => {
      parts.tree.update(node, { item: undefined, base: undefined });
      done(parts, entry);
    });
    return;
  }
  warnOf(parts, entry.intent, why);
  parts.store.transact(() => comeBack(parts, node, now, () => done(parts, entry)));
};

/** It was a folder, and there is one of its name again: what is on the drive is that one. */
const isMadeAnew = (parts: Parts, from: Place, { kind, parentId, name }: Item): boolean =>
  kind === 'folder' &&
  parentId === folderItem(parts, from.parent) &&
  foldName(name) === foldName(toRemoteName(from.name, false)) &&
  parts.journal.making(from).some(({ intent }) => intent.kind === 'create-folder');

const warnOf = ({ log }: Parts, { from }: Gone, why: string): void => log.warn(`${from.name} is not removed: ${why}`);

/** In a transaction. `end`: nothing waits to be sent of the node any more. */
const comeBack = ({ tree, changes, contents }: Parts, node: NodeId, now: Item, end: () => void): void => {
  // What a program writes to the file that it removed is for nobody else: it must not get into the one that comes back.
  if (contents.used(tree.get(node)?.content) !== undefined) tree.update(node, { item: undefined, base: undefined });
  else if (tree.get(node)?.kind !== 'folder') changes.replaceContent(node, now);
  end();
  changes.forget(node);
  changes.applyLooked(now);
};

const removeItem = async (
  parts: Parts,
  id: ItemId,
  version: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await parts.drive.remove(id, version, signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    wasGone(parts, id);
  }
  parts.changes.settle(id);
};
