// What the senders of all kinds of entries share: the parts they work with, and how an answer is noted.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Contents } from '../content/contents.ts';
import type { Drive, Item, ItemId } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import { isAhead, rebased } from '../metadata/base-version.ts';
import type { FreeSpace } from '../metadata/free-space.ts';
import { toRemoteName } from '../metadata/names.ts';
import { type Ahead, type Node, type NodeId, rootNode } from '../metadata/node.ts';
import type { RemoteChanges } from '../metadata/remote-changes.ts';
import type { Tree } from '../metadata/tree.ts';
import type { Store } from '../store/store.ts';
import type { Conflicts } from './conflicts.ts';
import { type Entry, type Intent, isTakingOver } from './intent.ts';
import type { Journal } from './journal.ts';

export interface Parts {
  readonly store: Store;
  readonly tree: Tree;
  readonly changes: RemoteChanges;
  readonly contents: Contents;
  readonly journal: Journal;
  readonly conflicts: Conflicts;
  readonly space: FreeSpace;
  readonly drive: Drive;
  readonly clock: Clock;
  readonly log: Log;
  /** This computer, in the names of conflict copies. */
  readonly hostName: string;
  /** The drive no longer has the node's item, and nothing refers to it from the queue. */
  readonly settled: (node: NodeId) => void;
  /** A name in the tree was changed by the queue. */
  readonly renamed: (parent: NodeId, before: string, after: string) => void;
  /** The item that was `ours` is another node's from now on; its links go with it. Called in a transaction. */
  readonly itemPassed: (from: NodeId, to: NodeId) => void;
  /** The folder holds something that we did not know of. */
  readonly renew: (folder: NodeId) => void;
}

/** Puts a further change behind all others. Called in a transaction. */
export type Enqueue = (intent: Intent) => Entry;

export type Send<K extends Intent['kind']> = (
  parts: Parts,
  entry: Entry & { readonly intent: Extract<Intent, { kind: K }> },
  context: SendContext,
) => Promise<void>;

export interface SendContext {
  readonly signal: AbortSignal;
  readonly enqueue: Enqueue;
  readonly progress: (sent: number, total: number) => void;
  /** Takes another entry out, unsent. It must not be running. Called in a transaction. */
  readonly drop: (entry: Entry) => void;
  /** The entry that is being sent is another from now on. Called in a transaction. */
  readonly replace: (entry: Entry) => void;
}

export const isFault = (error: unknown, fault: DriveError['fault']): boolean =>
  error instanceof DriveError && error.fault === fault;

export const isPassing = (error: unknown): boolean => error instanceof DriveError && error.passing;

/** The entry is done: takes it out and notes what the drive answered, as one. */
export const done = (parts: Parts, entry: Entry, item?: Item): void => {
  parts.store.transact(() => {
    parts.journal.remove(entry);
    const { node } = entry.intent;
    const known = parts.tree.get(node);
    if (known === undefined) return;
    if (item !== undefined && known.item?.id === item.id) parts.changes.applyItem(item, parts.changes.asking());
    else if (item !== undefined) parts.tree.update(node, { item });
    const ahead = aheadOf(parts, node, entry);
    parts.tree.update(node, { ahead, base: isAhead(ahead) ? baseAfter(parts, entry, item) : undefined });
    if (known.parent === undefined) parts.settled(node);
  });
};

/** What further changes of the node are based on: what the drive answered is our own doing, as far as it was asked for. */
export const baseAfter = ({ tree }: Parts, { intent }: Entry, item: Item | undefined): Item | undefined => {
  const node = tree.get(intent.node);
  const base = node?.base ?? node?.item;
  if (base === undefined || item === undefined || base.id !== item.id) return item ?? base;
  return rebased(base, item, { content: intent.kind === 'put-content', place: intent.kind === 'move' });
};

/** What of the node is still ahead of the drive once `sent` is out of the journal. */
export const aheadOf = ({ journal, tree, contents }: Parts, id: NodeId, sent?: Entry): Ahead => {
  const node = tree.get(id);
  const left = journal.of(id).filter(({ seq }) => seq !== sent?.seq);
  const kinds = new Set(left.map(({ intent }) => intent.kind));
  // Until it takes over another's item, its own is where it was.
  const isElsewhere = left.some(({ intent }) => isTakingOver(intent));
  const isDirty = node?.content !== undefined && (contents.record(node.content)?.dirty ?? false);
  return {
    ...(isDirty || kinds.has('put-content') || kinds.has('remove') ? { content: true } : {}),
    ...(kinds.has('move') || kinds.has('remove') || isElsewhere ? { place: true } : {}),
    ...(kinds.has('describe') ? { description: true } : {}),
  };
};

/** The item's id of a folder that something is to be put into; undefined if it is not on the drive (any more). */
export const folderItem = ({ tree }: Parts, folder: NodeId): ItemId | undefined => tree.get(folder)?.item?.id;

/** What was removed since is not made: its removal is in the journal already, and would come before. */
const endIfRemoved = (parts: Parts, entry: Entry): boolean => {
  if (parts.tree.get(entry.intent.node)?.parent !== undefined) return false;
  done(parts, entry);
  return true;
};

/** The folder is not on the drive: it is made (again) first, and the entry comes after it. */
export const makeFolderFirst = (parts: Parts, entry: Entry, folder: NodeId, enqueue: Enqueue): void => {
  if (folder === rootNode) throw new DriveError('broken', 'the drive says that it has no root folder');
  parts.store.transact(() => {
    if (endIfRemoved(parts, entry)) return;
    const node = parts.tree.get(folder);
    if (node?.parent === undefined) {
      withoutFolder(parts, entry, enqueue);
      return;
    }
    if (!isComing(parts, folder)) {
      parts.tree.update(folder, { item: undefined });
      enqueue({ kind: 'create-folder', node: folder, at: { parent: node.parent, name: node.name } });
    }
    parts.journal.remove(entry);
    enqueue(entry.intent);
  });
};

/** The drive has the folder no more, contrary to what we knew. */
export const folderGone = (parts: Parts, entry: Entry, folder: NodeId, enqueue: Enqueue): void => {
  parts.store.transact(() => {
    if (endIfRemoved(parts, entry)) return;
    // It may have gone here, too, and nothing refers to it but this.
    if (folder !== rootNode && parts.tree.get(folder) !== undefined) parts.tree.update(folder, { item: undefined });
    makeFolderFirst(parts, entry, folder, enqueue);
  });
};

/** The folder was removed since: the node has left it, and what was to happen in it happens where the node is now. */
const withoutFolder = (parts: Parts, entry: Entry, enqueue: Enqueue): void => {
  const { intent } = entry;
  const node = parts.tree.get(intent.node);
  const isCreation = intent.kind === 'create-folder' || intent.kind === 'put-content';
  if (!isCreation || node?.parent === undefined) {
    // A later entry moves it on, or removes it.
    done(parts, entry);
    return;
  }
  parts.journal.remove(entry);
  enqueue({ ...intent, at: { parent: node.parent, name: node.name } });
};

/** Its item is still to be made, by another entry. */
const isComing = ({ journal }: Parts, node: NodeId, behind = 0): boolean =>
  journal.of(node).some(({ seq, intent }) => seq > behind && 'at' in intent && intent.at !== undefined);

/**
 * The node's item is not there. If it is still to be made (its creation gave way to another, say), the entry comes after
 * that; else there is nothing left that it could be about.
 */
export const afterCreation = (parts: Parts, entry: Entry, enqueue: Enqueue): void => {
  parts.store.transact(() => {
    if (!isComing(parts, entry.intent.node, entry.seq)) {
      done(parts, entry);
      return;
    }
    parts.journal.remove(entry);
    enqueue(entry.intent);
  });
};

/** Somebody else removed the item. Unsent content makes it again at its place; else the node goes here too. */
export const itemGone = (parts: Parts, entry: Entry): void => {
  parts.store.transact(() => {
    done(parts, entry);
    const node = parts.tree.get(entry.intent.node);
    if (node !== undefined) parts.changes.missing(node);
    parts.changes.lose(entry.intent.node);
  });
};

export const remoteName = (node: Node, name: string): string => toRemoteName(name, node.kind === 'symlink');

export const isEmptyFolder = async ({ drive }: Parts, folder: ItemId, signal: AbortSignal): Promise<boolean> => {
  for await (const page of drive.children(folder, signal)) if (page.length > 0) return false;
  return true;
};

/** The child that holds a name on the drive now. */
export const holderOf = async (
  { drive }: Parts,
  folder: ItemId,
  name: string,
  signal: AbortSignal,
): Promise<Item | undefined> => {
  for await (const page of drive.children(folder, signal)) {
    const holder = page.find((item) => item.name.toLowerCase() === name.toLowerCase());
    if (holder !== undefined) return holder;
  }
  return undefined;
};
