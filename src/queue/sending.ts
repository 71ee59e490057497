// What the senders of all kinds of entries share: the parts they work with, and how an answer is noted.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Contents } from '../content/contents.ts';
import type { Drive, Item, ItemId } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { FreeSpace } from '../metadata/free-space.ts';
import { toRemoteName, withInfix } from '../metadata/names.ts';
import type { Ahead, Node, NodeId } from '../metadata/node.ts';
import type { RemoteChanges } from '../metadata/remote-changes.ts';
import type { Tree } from '../metadata/tree.ts';
import type { Store } from '../store/store.ts';
import type { Entry, Intent, Place } from './intent.ts';
import type { Journal } from './journal.ts';

export interface Parts {
  readonly store: Store;
  readonly tree: Tree;
  readonly changes: RemoteChanges;
  readonly contents: Contents;
  readonly journal: Journal;
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
  /** The folder holds something that we did not know of. */
  readonly renew: (folder: NodeId) => void;
}

/** Puts a further change behind all others. Called in a transaction. */
export type Enqueue = (intent: Intent) => void;

export type Send<K extends Intent['kind']> = (
  parts: Parts,
  entry: Entry & { readonly intent: Extract<Intent, { kind: K }> },
  context: SendContext,
) => Promise<void>;

export interface SendContext {
  readonly signal: AbortSignal;
  readonly enqueue: Enqueue;
  readonly progress: (sent: number, total: number) => void;
}

export const isFault = (error: unknown, fault: DriveError['fault']): boolean =>
  error instanceof DriveError && error.fault === fault;

export const isPassing = (error: unknown): boolean => error instanceof DriveError && error.passing;

/** The entry is done: takes it out and notes what the drive answered, as one. */
export const done = (parts: Parts, entry: Entry, item?: Item): void => {
  parts.store.transact(() => {
    parts.journal.remove(entry);
    parts.space.outdated();
    const { node } = entry.intent;
    const known = parts.tree.get(node);
    if (known === undefined) return;
    if (item !== undefined && known.item?.id === item.id) parts.changes.applyItem(item, parts.changes.asking());
    else if (item !== undefined) parts.tree.update(node, { item });
    parts.tree.update(node, { ahead: aheadOf(parts, node, entry) });
  });
};

/** What of the node is still ahead of the drive once `sent` is out of the journal. */
export const aheadOf = ({ journal, tree, contents }: Parts, id: NodeId, sent?: Entry): Ahead => {
  const node = tree.get(id);
  const kinds = new Set(journal.of(id).flatMap((entry) => (entry.seq === sent?.seq ? [] : entry.intent.kind)));
  const isDirty = node?.content !== undefined && (contents.record(node.content)?.dirty ?? false);
  return {
    ...(isDirty || kinds.has('put-content') ? { content: true } : {}),
    ...(kinds.has('move') || kinds.has('remove') ? { place: true } : {}),
    ...(kinds.has('describe') ? { description: true } : {}),
  };
};

/** The item's id of a folder that something is to be put into; undefined if it is not on the drive (any more). */
export const folderItem = ({ tree }: Parts, folder: NodeId): ItemId | undefined => tree.get(folder)?.item?.id;

/** The folder is not on the drive: it is made (again) first, and the entry comes after it. */
export const makeFolderFirst = (parts: Parts, entry: Entry, folder: NodeId, enqueue: Enqueue): void => {
  parts.store.transact(() => {
    const node = parts.tree.get(folder);
    const isComing = parts.journal.of(folder).some(({ intent }) => intent.kind === 'create-folder');
    if (node?.parent !== undefined && !isComing) {
      parts.tree.update(folder, { item: undefined });
      enqueue({ kind: 'create-folder', node: folder, at: { parent: node.parent, name: node.name } });
    }
    parts.journal.remove(entry);
    enqueue(entry.intent);
  });
};

export const remoteName = (node: Node, name: string): string => toRemoteName(name, node.kind === 'symlink');

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

/** `name (conflict HOST 2026-11-23 14.05.07).ext`, local time. */
const conflictName = (name: string, hostName: string, now: Date): string => {
  const two = (number: number): string => String(number).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
  return withInfix(name, ` (conflict ${hostName} ${date} ${time})`);
};

/** Somebody else has taken the name on the drive: theirs keeps it, ours goes on beside it under another. */
export const giveWay = (
  parts: Parts,
  entry: Entry,
  place: Place,
  again: (at: Place) => Intent,
  enqueue: Enqueue,
): void => {
  const { tree, store, journal } = parts;
  const node = tree.get(entry.intent.node);
  const wanted = conflictName(place.name, parts.hostName, new Date(parts.clock.now()));
  let name = wanted;
  for (let number = 2; tree.childAnyCase(place.parent, name) !== undefined; number += 1)
    name = withInfix(wanted, ` ${number}`);
  store.transact(() => {
    const isStillThere = node?.parent === place.parent && node.name === place.name;
    if (isStillThere) tree.place(node.id, place.parent, name);
    journal.remove(entry);
    enqueue(again({ parent: place.parent, name }));
    if (isStillThere) store.afterCommit(() => parts.renamed(place.parent, place.name, name));
  });
  parts.log.warn(`${tree.path(place.parent)}/${place.name} exists on the drive already: ours is kept as ${name}`);
  parts.renew(place.parent);
};
