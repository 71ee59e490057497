// Brings what the drive says into the tree. Invariant: what is ahead of the drive here (unsent content, place, description)
// is never overwritten by what the drive says, and an answer that was asked for before one of our own changes took effect
// does not undo that change.
import { LRUCache } from 'lru-cache';
import { type Timestamp, timestamp } from '../base/timestamp.ts';
import type { Item, ItemId } from '../drive/drive.ts';
import type { Store } from '../store/store.ts';
import { isAhead, isSameContent, rebased } from './base-version.ts';
import type { HeldChanges } from './held-changes.ts';
import { isLinkItem, isNamedAfter, toLocalName } from './names.ts';
import { type Node, type NodeId, type NodeKind, rootNode } from './node.ts';
import { type NameListener, ShownNames } from './shown-names.ts';
import type { NodeChanges, Tree } from './tree.ts';

/** What others must do when the drive changed the tree. Called inside the transaction; must not wait. */
export interface TreeListener extends NameListener {
  /** We are making an item of this name: one that the drive tells of may be that. */
  isMaking(parent: NodeId, name: string): boolean;
  /** Attributes changed, and maybe the content. */
  nodeChanged(node: NodeId): void;
  /** The node has new content on the drive; what was kept here under the old number is of an old version. */
  contentReplaced(node: NodeId, content: number): void;
  /** Programs are reading the node's content, and nothing else is going on with the node. */
  isBeingRead(node: NodeId): boolean;
  /** The item, and all that goes with it, is another node's from now on, which has the name. */
  succeeded(former: NodeId, heir: NodeId): void;
  /** The node lost its name, because the drive has no such item any more. */
  nodeLost(node: NodeId): void;
}

/** Moment in the order of our own changes and of the questions asked. */
export type Moment = number;

/** An answer about all that is in a folder, while it comes in. */
export interface FolderAnswer {
  readonly folder: NodeId;
  readonly asked: Moment;
  readonly seen: Set<ItemId>;
  /** Items whose name another node has, which may be gone or elsewhere by the end. */
  readonly postponed: Map<ItemId, Item>;
}

/**
 * What became of an item that the change feed told of: `done`; the folder is not known, or is within the item here (`parent`); the
 * name is another item's (`name`) or one that we are making (`making`); or one of our own changes of it took effect since the feed
 * was asked, so that it has to be looked at once more (`doubt`).
 */
export type Told = 'done' | 'parent' | 'name' | 'making' | 'doubt';

/** Removals that a listing could not have heard of yet are fewer. */
const rememberedRemovals = 10_000;
/** Former versions remembered of one item. */
const rememberedVersions = 8;
/** More own changes than this are never under way while one listing is. */
const rememberedChanges = 50_000;

const kindOf = (item: Item): NodeKind => {
  if (item.kind === 'folder') return 'folder';
  return item.kind === 'file' && isLinkItem(item.name, item.size) ? 'symlink' : 'file';
};

const isSame = (one: Timestamp, other: Timestamp): boolean =>
  one.seconds === other.seconds && one.nanoseconds === other.nanoseconds;

export interface RemoteChangesParts {
  readonly store: Store;
  readonly tree: Tree;
  /** What has to wait, on drives with a change feed, which tells once. */
  readonly held: HeldChanges | undefined;
  readonly listener: TreeListener;
  readonly now: () => Timestamp;
}

export class RemoteChanges {
  readonly #store: Store;
  readonly #tree: Tree;
  readonly #held: HeldChanges | undefined;
  readonly #listener: TreeListener;
  readonly #names: ShownNames;
  readonly #now: () => Timestamp;
  readonly #settled = new LRUCache<ItemId, Moment>({ max: rememberedChanges });
  /** Versions that later ones are known of: answers that still tell them are old, whenever they come. */
  readonly #former = new LRUCache<ItemId, readonly string[]>({ max: rememberedChanges });
  /** Told to be gone by the change feed; listings may lag behind it. */
  readonly #gone = new LRUCache<ItemId, true>({ max: rememberedRemovals });
  #moment: Moment = 0;
  /** While the whole drive is listed: its nodes that turn up in any answer are marked with this number. */
  listing: number | undefined;

  constructor({ store, tree, held, listener, now }: RemoteChangesParts) {
    this.#store = store;
    this.#tree = tree;
    this.#held = held;
    this.#listener = listener;
    this.#names = new ShownNames(tree, listener);
    this.#now = now;
  }

  /** To be taken before the drive is asked; hand it in with the answer. */
  asking(): Moment {
    return this.#moment;
  }

  /** One of our own changes of this item took effect on the drive: older answers about it no longer count. */
  settle(id: ItemId): void {
    this.#moment += 1;
    this.#settled.set(id, this.#moment);
    // The next process, which knows nothing of this change, must not take that for news.
    this.#held?.drop(id);
    const before = this.#tree.byItem(id)?.item;
    if (before !== undefined) this.#supersede(before);
  }

  /** Whether what was said when it was `asked` still counts. */
  counts(id: ItemId, asked: Moment): boolean {
    return (this.#settled.get(id) ?? 0) <= asked;
  }

  applyRoot(item: Item): void {
    this.#store.transact(() => this.#tree.update(rootNode, { item, ...this.#mark() }));
  }

  /** What the change feed says of one item. */
  applyTold(item: Item, asked: Moment): Told {
    this.#gone.delete(item.id);
    if (item.parentId === undefined) this.applyRoot(item);
    const parent = item.parentId === undefined ? undefined : this.#tree.byItem(item.parentId);
    if (item.parentId === undefined) return 'done';
    if (parent === undefined) return 'parent';
    const known = this.#tree.byItem(item.id);
    if (this.#isFormer(item, known)) {
      this.#markSeen(known);
      return 'done';
    }
    const isNews = known?.item?.version !== item.version;
    // A node that is gone here may be one that we removed ourselves, whenever the feed says so.
    const isSettled = known === undefined ? this.#settled.has(item.id) : !this.counts(item.id, asked);
    if (isNews && isSettled) return 'doubt';
    // What is in a notebook, or in a folder that was removed here, is nobody's.
    if (parent.kind !== 'folder' || !this.#isLiving(parent.id)) return 'done';
    return this.#applyToldIn(parent.id, item, known);
  }

  #applyToldIn(folder: NodeId, item: Item, known: Node | undefined): Told {
    if (this.#isNameHeld(folder, item)) return 'name';
    if (known === undefined && this.#isBeingMade(folder, item)) return 'making';
    this.#store.transact(() => this.#applyIn(folder, item));
    return this.isInsideOut(item) ? 'parent' : 'done';
  }

  /** A folder that is to go into one which is within it here: that has to leave it first. */
  isInsideOut({ id, parentId }: Item): boolean {
    const [node, folder] = [this.#tree.byItem(id), parentId === undefined ? undefined : this.#tree.byItem(parentId)];
    return node !== undefined && node.ahead.place !== true && folder !== undefined && this.#isAround(node, folder.id);
  }

  /** The item of the node that has the item's name, in its folder. */
  nameHolder(item: Item): ItemId | undefined {
    const folder = item.parentId === undefined ? undefined : this.#tree.byItem(item.parentId);
    const name = toLocalName(item.name, kindOf(item) === 'symlink');
    const holder = folder === undefined ? undefined : this.#tree.childAnyCase(folder.id, name);
    return holder === undefined ? undefined : this.#tree.get(holder.id)?.item?.id;
  }

  isNameTaken(item: Item): boolean {
    const folder = item.parentId === undefined ? undefined : this.#tree.byItem(item.parentId);
    return folder !== undefined && this.#isNameHeld(folder.id, item);
  }

  /** The item has the name of one that we are making: listings leave it out until it is known which of the two it is. */
  isBeingMade(item: Item): boolean {
    const folder = item.parentId === undefined ? undefined : this.#tree.byItem(item.parentId);
    return folder !== undefined && this.#tree.byItem(item.id) === undefined && this.#isBeingMade(folder.id, item);
  }

  /** The change feed tells that the item is gone; listings that still hold it are old. */
  toldGone(id: ItemId): void {
    this.#gone.set(id, true);
  }

  /** Items whose names are each other's: all names are given up before one is taken. */
  giveUpNames(items: readonly Item[]): void {
    this.#store.transact(() => {
      for (const item of items) {
        const folder = item.parentId === undefined ? undefined : this.#tree.byItem(item.parentId);
        if (folder !== undefined) this.#giveUpName(folder.id, item);
      }
    });
  }

  /** The item as the drive has it now, wherever it is. */
  applyLooked(item: Item): void {
    const folder = item.parentId === undefined ? undefined : this.#tree.byItem(item.parentId);
    if (folder?.kind !== 'folder' || !this.#isLiving(folder.id)) return;
    this.#store.transact(() => this.#applyIn(folder.id, item));
  }

  /** To be taken before a folder is listed. */
  askingFor(folder: NodeId): FolderAnswer {
    return { folder, asked: this.asking(), seen: new Set(), postponed: new Map() };
  }

  applyPage(answer: FolderAnswer, items: readonly Item[]): void {
    const { folder, asked, seen, postponed } = answer;
    if (!this.#isLiving(folder)) return;
    this.#store.transact(() => {
      for (const item of items) {
        seen.add(item.id);
        if (!this.counts(item.id, asked) || this.#gone.has(item.id)) continue;
        if (this.#isNameHeld(folder, item)) postponed.set(item.id, item);
        else this.#applyIn(folder, item);
      }
    });
  }

  /** Children that the answer, as far as it came, does not hold. */
  unseen({ folder, asked, seen }: FolderAnswer): NodeId[] {
    return [...this.#tree.children(folder)].flatMap(({ id }) => {
      const item = this.#tree.get(id)?.item;
      return item !== undefined && !seen.has(item.id) && this.counts(item.id, asked) ? [id] : [];
    });
  }

  /** The end of a listing: children that the drive no longer has lose their names, and the folder is complete. */
  applyEnd(answer: FolderAnswer, listedAt: number): void {
    const { folder, asked, postponed } = answer;
    if (!this.#isLiving(folder)) return;
    this.#store.transact(() => {
      for (const child of this.unseen(answer)) this.lose(child);
      const items = [...postponed.values()].filter((item) => this.counts(item.id, asked));
      // Names may have gone round in a circle: all are given up before one is taken.
      for (const item of items) this.#giveUpName(folder, item);
      for (const item of items) this.#applyIn(folder, item);
      this.#tree.update(folder, { listedAt });
    });
  }

  /** What the drive says of one item that is in the tree already. */
  applyItem(item: Item, asked: Moment): void {
    this.#store.transact(() => {
      const node = this.#tree.byItem(item.id);
      if (node !== undefined && this.counts(item.id, asked)) this.#adopt(node, item, node.parent);
    });
  }

  /** An item that no node stands for (any more) comes into the tree, if its folder is there. */
  arrived(item: Item): void {
    this.#store.transact(() => {
      const folder = item.parentId === undefined ? undefined : this.#tree.byItem(item.parentId);
      if (folder === undefined || !this.#isLiving(folder.id)) return;
      if (this.#tree.byItem(item.id) === undefined) this.#applyIn(folder.id, item);
    });
  }

  /** The drive holds other bytes than those that were sent: what is kept here is not what it has. */
  replaceContent(id: NodeId, item: Item): void {
    this.#store.transact(() => {
      const node = this.#tree.get(id);
      if (node?.item !== undefined) this.#supersede(node.item);
      if (node !== undefined) this.#tree.update(id, { item, ...this.#newContent(node, item) });
    });
  }

  /** The drive has no such item any more. Unsent content keeps its place; everything else goes. */
  lose(id: NodeId): void {
    this.#store.transact(() => {
      const node = this.#tree.get(id);
      if (node?.parent === undefined || node.ahead.content || node.ahead.place) return;
      const isNeeded = node.kind === 'folder' && this.#hasUnsent(id);
      for (const child of [...this.#tree.children(id)]) this.lose(child.id);
      if (isNeeded) return;
      this.#listener.entryChanged(node.parent, node.name);
      this.#tree.detach(id);
      // It may turn up in another folder.
      this.forget(id);
      this.#listener.nodeLost(id);
      this.#names.vacated(node.parent, node.name);
    });
  }

  /** What the folder holds is not known any more. */
  forget(id: NodeId): void {
    const { listing } = this;
    this.#tree.update(id, { listedAt: undefined, ...(listing === undefined ? {} : { forgotten: listing }) });
  }

  /** In a transaction: the node, which was here, was taken away from its name. If the drive never gave it that, it is free there too. */
  left({ item, parent, name, kind }: Node): void {
    if (parent === undefined) return;
    const isOfDrive =
      item !== undefined &&
      this.#tree.get(parent)?.item?.id === item.parentId &&
      isNamedAfter(name, toLocalName(item.name, kind === 'symlink'));
    if (!isOfDrive) this.#names.vacated(parent, name);
  }

  /** The drive no longer has the node's item. If the node has left the name here, too, whatever has that there gets it. */
  missing({ item, base = item, kind }: Node): void {
    const folder = base?.parentId === undefined ? undefined : this.#tree.byItem(base.parentId);
    if (base !== undefined && folder !== undefined)
      this.#store.transact(() => this.#names.vacated(folder.id, toLocalName(base.name, kind === 'symlink')));
  }

  #mark(): { readonly listing?: number } {
    return this.listing === undefined ? {} : { listing: this.listing };
  }

  #markSeen(node: Node | undefined): void {
    if (node !== undefined && this.listing !== undefined) this.#tree.update(node.id, this.#mark());
  }

  #supersede({ id, version }: Item): void {
    const former = this.#former.get(id) ?? [];
    if (!former.includes(version)) this.#former.set(id, [...former, version].slice(-rememberedVersions));
  }

  /** A state that is known to be over. */
  #isFormer({ id, version }: Item, known: Node | undefined): boolean {
    return known?.item?.version !== version && (this.#former.get(id)?.includes(version) ?? false);
  }

  #isLiving(folder: NodeId): boolean {
    return folder === rootNode || this.#tree.get(folder)?.parent !== undefined;
  }

  /** The item's name is that of another node, which has an item too. */
  #isNameHeld(folder: NodeId, item: Item): boolean {
    const known = this.#tree.byItem(item.id);
    if (known !== undefined && !this.#isToMove(known, item, folder)) return false;
    const holder = this.#tree.childAnyCase(folder, toLocalName(item.name, kindOf(item) === 'symlink'));
    return holder !== undefined && holder.id !== known?.id && this.#tree.get(holder.id)?.item !== undefined;
  }

  #isToMove(node: Node, item: Item, folder: NodeId): boolean {
    if (node.ahead.place || (folder === node.parent && node.item?.name === item.name && this.#isNamed(node, item)))
      return false;
    return !this.#isAround(node, folder);
  }

  #isAround(node: Node, folder: NodeId): boolean {
    return node.kind === 'folder' && this.#tree.isWithin(folder, node.id);
  }

  /** While something of it is unsent, its name here may be one that the item is yet to get. */
  #isNamed(node: Node, item: Item): boolean {
    return isAhead(node.ahead) || isNamedAfter(node.name, toLocalName(item.name, node.kind === 'symlink'));
  }

  #giveUpName(folder: NodeId, item: Item): void {
    const node = this.#tree.byItem(item.id);
    if (node?.parent === undefined || !this.#isToMove(node, item, folder)) return;
    this.#listener.entryChanged(node.parent, node.name);
    this.#tree.detach(node.id);
  }

  #hasUnsent(folder: NodeId): boolean {
    for (const child of this.#tree.children(folder)) {
      const node = this.#tree.get(child.id);
      if (node === undefined) continue;
      if (node.item === undefined || node.ahead.content || node.ahead.place) return true;
      if (node.kind === 'folder' && this.#hasUnsent(node.id)) return true;
    }
    return false;
  }

  #applyIn(folder: NodeId, item: Item): void {
    const known = this.#tree.byItem(item.id);
    const keeps = known !== undefined && (known.kind === kindOf(item) || known.ahead.content || known.ahead.place);
    if (known !== undefined && keeps) {
      this.#adopt(known, item, folder);
      return;
    }
    if (known !== undefined) {
      this.lose(known.id);
      this.#tree.update(known.id, { item: undefined });
      this.#listener.nodeLost(known.id);
    }
    this.#add(folder, item);
  }

  #add(parent: NodeId, item: Item): void {
    if (this.#isBeingMade(parent, item)) {
      this.#held?.hold({ item });
      return;
    }
    const wanted = toLocalName(item.name, kindOf(item) === 'symlink');
    const name = this.#names.free(parent, wanted);
    const time = timestamp(item.modified);
    const kind = kindOf(item);
    this.#tree.add({ kind, parent, name, size: item.size, mtime: time, ctime: time, item, ...this.#mark() });
    this.#listener.entryAppeared(parent, name);
  }

  #isBeingMade(parent: NodeId, item: Item): boolean {
    const wanted = toLocalName(item.name, kindOf(item) === 'symlink');
    const holder = this.#tree.childAnyCase(parent, wanted);
    // A node of that name without an item is being created by us: this may be its item, and if not, the queue finds out.
    if (holder !== undefined && this.#tree.get(holder.id)?.item === undefined) return true;
    // As before, if the node that is being created has been moved on meanwhile.
    return this.#listener.isMaking(parent, wanted);
  }

  #adopt(node: Node, item: Item, folder: NodeId | undefined): void {
    const { item: before } = node;
    if (before !== undefined && before.version !== item.version) this.#supersede(before);
    if (this.#isReadOn(node, item)) {
      this.#succeed(node, item, folder);
      return;
    }
    const { content, place } = node.ahead;
    const follows = { content: content !== true, place: place !== true };
    const base = node.base === undefined ? {} : { base: rebased(node.base, item, follows) };
    this.#tree.update(node.id, { item, ...base, ...this.#contentChanges(node, item), ...this.#mark() });
    if (folder !== undefined && this.#isToMove(node, item, folder))
      this.#names.give(node, folder, toLocalName(item.name, node.kind === 'symlink'));
  }

  /** Who reads a version must not get bytes, a length or a mapping of the next one. The kernel knows one of each for a node. */
  #isReadOn(node: Node, item: Item): boolean {
    const isOther = node.item !== undefined && !isSameContent(node.item, item);
    const isPlain = node.kind === 'file' && node.parent !== undefined && !isAhead(node.ahead);
    return isPlain && isOther && this.#listener.isBeingRead(node.id);
  }

  /** As if a program had written the new content into another file, and renamed that over the node. */
  #succeed(node: Node, item: Item, folder: NodeId | undefined): void {
    const { kind, parent = rootNode, name, mode, uid, gid, born } = node;
    const isToMove = folder !== undefined && this.#isToMove(node, item, folder);
    this.#listener.entryChanged(parent, name);
    this.#tree.detach(node.id);
    this.#tree.update(node.id, { item: undefined, base: undefined });
    const place = isToMove
      ? { parent: folder, name: this.#names.free(folder, toLocalName(item.name, false)) }
      : { parent, name };
    const times = { mtime: timestamp(item.modified), ctime: this.#now() };
    const heir = this.#tree.add({ kind, ...place, size: item.size, ...times, item, ...this.#mark() });
    this.#tree.update(heir.id, { mode, uid, gid, born });
    if (isToMove) this.#listener.entryAppeared(place.parent, place.name);
    this.#listener.succeeded(node.id, heir.id);
    if (isToMove) this.#names.vacated(parent, name);
  }

  #contentChanges(node: Node, item: Item): NodeChanges {
    const before = node.item;
    if (node.ahead.content || node.kind === 'folder') return {};
    if (before !== undefined && isSameContent(before, item)) {
      const isTouched = before.modified !== item.modified && isSame(node.mtime, timestamp(before.modified));
      if (!isTouched) return {};
      this.#listener.nodeChanged(node.id);
      return { mtime: timestamp(item.modified), ctime: this.#now() };
    }
    return this.#newContent(node, item);
  }

  #newContent(node: Node, item: Item): NodeChanges {
    if (node.content !== undefined) this.#listener.contentReplaced(node.id, node.content);
    this.#listener.nodeChanged(node.id);
    return {
      size: item.size,
      mtime: timestamp(item.modified),
      ctime: this.#now(),
      content: undefined,
      holeBytes: undefined,
    };
  }
}
