// Brings pages of the change feed into the tree, in transactions of bounded length. Invariant: the feed's position is stored in the
// transaction of the last of a page's changes, so that after any end the page is either done or told again; and what cannot be
// brought in yet is held durably (held-changes.ts).
import { Breather } from '../base/breather.ts';
import type { Change, ChangePage, Drive, Item, ItemId } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { Store } from '../store/store.ts';
import type { HeldChanges } from './held-changes.ts';
import { type NodeId, rootNode } from './node.ts';
import type { Moment, RemoteChanges } from './remote-changes.ts';
import type { Tree } from './tree.ts';

export interface FeedParts {
  readonly store: Store;
  readonly tree: Tree;
  readonly drive: Drive;
  readonly changes: RemoteChanges;
  readonly held: HeldChanges;
  /** Lists a folder, whatever is known of it. */
  renew(folder: NodeId): Promise<void>;
}

const isMissing = (error: unknown): boolean => error instanceof DriveError && error.fault === 'missing';
const undefinedIfMissing = (error: unknown): undefined => {
  if (!isMissing(error)) throw error;
};
const isPassing = (error: unknown): boolean => error instanceof DriveError && error.passing;

interface Slice {
  readonly breather: Breather;
  /** Items that must be looked at. */
  readonly doubts: Set<ItemId>;
}

/** Folders above an unknown one that are asked for. */
const maxDepth = 100;

export class FeedChanges {
  readonly #parts: FeedParts;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** All of a page; `stored` runs in the transaction of the last change. */
  async apply({ changes }: ChangePage, asked: Moment, stored: () => void, signal: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    const slice: Slice = { breather: new Breather(), doubts: new Set() };
    for (let next = 0; next < changes.length; ) {
      next = store.transact(() => this.#applySlice(changes, next, asked, slice));
      await slice.breather.breathe();
      signal.throwIfAborted();
    }
    for (const id of slice.doubts) await this.#lookAt(id, signal);
    store.transact(stored);
  }

  /** All pages are in: whatever waited for others of them is done now, or never. */
  async settle(signal: AbortSignal): Promise<void> {
    if (this.#parts.held.size === 0) return;
    await this.#findParents(signal);
    await this.#retry(signal);
    await this.#removeFolders(signal);
    await this.#retry(signal);
    await this.#exchangeNames(signal);
  }

  /** Until the breather is tired. Returns where to go on. */
  #applySlice(changes: readonly Change[], from: number, asked: Moment, slice: Slice): number {
    for (let next = from; next < changes.length; next += 1) {
      const change = changes[next] as Change;
      if (!this.#applyOne(change, asked)) slice.doubts.add('item' in change ? change.item.id : change.removed);
      if (slice.breather.isTired) return next + 1;
    }
    return changes.length;
  }

  /** False: the item must be looked at. */
  #applyOne(change: Change, asked: Moment): boolean {
    if ('removed' in change) return this.#remove(change.removed, asked);
    const isIn = this.#applyItem(change.item, asked);
    if (isIn && change.item.kind === 'folder') this.#applyHeldIn(change.item.id, asked);
    return isIn;
  }

  #applyItem(item: Item, asked: Moment): boolean {
    const { changes, held, tree } = this.#parts;
    const told = changes.applyTold(item, asked);
    if (told === 'done') held.drop(item.id);
    else if (told !== 'doubt') held.hold({ item }, tree.byItem(item.id)?.item?.version);
    return told !== 'doubt';
  }

  /** Whose answer is false stays held until it is looked at. */
  #applyHeldIn(folder: ItemId, asked: Moment): void {
    for (const item of this.#parts.held.itemsIn(folder)) this.#applyHeld(item, asked);
  }

  /** False: the item must be looked at. */
  #applyHeld(item: Item, asked: Moment): boolean {
    const { tree, held } = this.#parts;
    const known = tree.byItem(item.id)?.item?.version;
    const isDoubtful = known !== item.version && held.isOvertaken(item.id, known);
    return !isDoubtful && this.#applyOne({ item }, asked);
  }

  #remove(id: ItemId, asked: Moment): boolean {
    const { tree, changes, held } = this.#parts;
    const node = tree.byItem(id);
    held.drop(id);
    if (node?.id === rootNode) return true;
    changes.toldGone(id);
    if (node === undefined) return true;
    if (!changes.counts(id, asked)) return false;
    // What is in a folder may have moved elsewhere, which is told later.
    if (node.kind === 'folder' && tree.hasChildren(node.id)) held.hold({ removed: id });
    else changes.lose(node.id);
    return true;
  }

  /** What the drive says of the item now. */
  async #lookAt(id: ItemId, signal: AbortSignal): Promise<void> {
    const { drive, changes, tree, held, store } = this.#parts;
    const asked = changes.asking();
    const item = await drive.get(id, signal).catch(undefinedIfMissing);
    store.transact(() => {
      held.drop(id);
      if (!changes.counts(id, asked)) return;
      if (item !== undefined) {
        changes.applyLooked(item);
        if (changes.isInsideOut(item)) held.hold({ item }, item.version);
        return;
      }
      const node = tree.byItem(id);
      if (node !== undefined && node.id !== rootNode) changes.lose(node.id);
    });
  }

  async #retry(signal: AbortSignal): Promise<void> {
    const { changes, held, store } = this.#parts;
    const breather = new Breather();
    const asked = changes.asking();
    for (const item of held.items()) {
      if (!store.transact(() => this.#applyHeld(item, asked))) await this.#lookAt(item.id, signal);
      await breather.breathe();
      signal.throwIfAborted();
    }
  }

  async #removeFolders(signal: AbortSignal): Promise<void> {
    const { store, held, tree, changes } = this.#parts;
    const breather = new Breather();
    for (const id of held.removed().reverse()) {
      store.transact(() => {
        const node = tree.byItem(id);
        if (node !== undefined) changes.lose(node.id);
        // What is unsent keeps its folder: that is made again with it, or goes once that is gone too.
        if (tree.byItem(id)?.parent === undefined) held.drop(id);
      });
      await breather.breathe();
      signal.throwIfAborted();
    }
  }

  /** Items in folders that nobody told of. */
  async #findParents(signal: AbortSignal): Promise<void> {
    const { held, tree } = this.#parts;
    const unknown = new Set<ItemId>();
    for (const { parentId } of held.items())
      if (parentId !== undefined && tree.byItem(parentId) === undefined && !held.holds(parentId)) unknown.add(parentId);
    for (const id of unknown) await this.#findParent(id, signal);
  }

  async #findParent(id: ItemId, signal: AbortSignal): Promise<void> {
    const { held, tree, drive, changes } = this.#parts;
    let wanted: ItemId | undefined = id;
    for (let depth = 0; wanted !== undefined && depth < maxDepth; depth += 1) {
      if (tree.byItem(wanted) !== undefined || held.holds(wanted)) return;
      const asked = changes.asking();
      const item: Item | undefined = await this.#got(() => drive.get(wanted as ItemId, signal));
      if (item === undefined) break;
      this.#parts.store.transact(() => this.#applyOne({ item }, asked));
      wanted = item.parentId;
    }
    // Before the sweep, the folder may still turn up in a listing: then it must not pass for one that holds nothing.
    if (changes.listing === undefined) for (const item of held.itemsIn(id)) held.drop(item.id);
  }

  async #got(ask: () => Promise<Item>): Promise<Item | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (isPassing(error)) throw error;
      return undefined;
    }
  }

  /**
   * Names that have gone round are given up before one is taken. A drive has a name once: where a node still has it that nobody told
   * of, the tree missed something, and the folder is listed. What is held because we make that name stays held.
   */
  async #exchangeNames(signal: AbortSignal): Promise<void> {
    const { store, changes, held, tree } = this.#parts;
    const asked = changes.asking();
    const waiting = held.items().filter((item) => changes.isNameTaken(item));
    const leaving = this.#leaving(waiting);
    store.transact(() => {
      changes.giveUpNames(leaving);
      for (const item of leaving) this.#applyItem(item, asked);
    });
    const rest = waiting.filter((item) => !leaving.includes(item));
    const folders = new Set(rest.flatMap(({ parentId = '' }) => tree.byItem(parentId)?.id ?? []));
    for (const folder of folders) {
      signal.throwIfAborted();
      await this.#renewed(folder);
    }
    store.transact(() => {
      for (const item of rest) if (!changes.isBeingMade(item)) held.drop(item.id);
    });
  }

  /** Those whose names are held by others of them: all can move at once. */
  #leaving(waiting: readonly Item[]): readonly Item[] {
    const { changes } = this.#parts;
    let leaving = waiting;
    for (;;) {
      const ids = new Set(leaving.map(({ id }) => id));
      const freed = leaving.filter((item) => ids.has(changes.nameHolder(item) ?? ''));
      if (freed.length === leaving.length) return leaving;
      leaving = freed;
    }
  }

  async #renewed(folder: NodeId): Promise<void> {
    try {
      await this.#parts.renew(folder);
    } catch (error) {
      // What is held is dropped afterwards: only if the drive has answered.
      if (!(error instanceof DriveError) || error.passing) throw error;
    }
  }
}
