// What a change feed forgets of removals, it gives away elsewhere: a folder comes with the number of items in it whenever something
// in it changes, and in listings of the folder above it. Where the tree holds more than that, the folder is listed.
import { LRUCache } from 'lru-cache';
import type { Change, Item, ItemId } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { NodeId } from './node.ts';
import type { Moment, RemoteChanges } from './remote-changes.ts';
import type { Tree } from './tree.ts';

export interface FolderCountsParts {
  readonly tree: Tree;
  readonly changes: RemoteChanges;
  /** Lists a folder, whatever is known of it. */
  renew(folder: NodeId): Promise<void>;
}

interface Told {
  readonly count: number;
  readonly asked: Moment;
}

/** Folders with more in them are left to the audit: counting would keep others waiting. */
const maxCounted = 5_000;
const rememberedFolders = 10_000;

export class FolderCounts {
  readonly #parts: FolderCountsParts;
  readonly #told = new Map<ItemId, Told>();
  /** What the tree holds too much by the drive's count although the folder was listed: a service may count in its own way. */
  readonly #explained = new LRUCache<NodeId, number>({ max: rememberedFolders });

  constructor(parts: FolderCountsParts) {
    this.#parts = parts;
  }

  /** What a page tells that was asked for at that moment; the last word counts. */
  note(page: readonly Change[], asked: Moment): void {
    for (const change of page) if ('item' in change) this.#note(change.item, asked);
  }

  /** What a listing that has just ended said of the folders in it. */
  listed(folders: readonly NodeId[]): void {
    const { tree, changes } = this.#parts;
    for (const folder of folders) {
      const item = tree.get(folder)?.item;
      if (item !== undefined) this.#note(item, changes.asking());
    }
  }

  /** Once all that was told is in the tree: lists the folders that hold too much. */
  async check(signal: AbortSignal): Promise<void> {
    for (const [id, told] of [...this.#told]) {
      await this.#checkOne(id, told);
      signal.throwIfAborted();
      this.#told.delete(id);
    }
  }

  #note({ id, childCount }: Item, asked: Moment): void {
    if (childCount !== undefined) this.#told.set(id, { count: childCount, asked });
  }

  async #checkOne(id: ItemId, told: Told): Promise<void> {
    const { tree, renew } = this.#parts;
    const folder = tree.byItem(id);
    if (folder?.item === undefined || folder.listedAt === undefined) return;
    const excess = this.#excess(folder.id, folder.item, told);
    if (excess <= 0 || excess === this.#explained.get(folder.id)) return;
    try {
      await renew(folder.id);
    } catch (error) {
      // What one folder alone answers says nothing of the others.
      if (!(error instanceof DriveError) || error.passing) throw error;
    }
    this.#explained.set(folder.id, this.#excess(folder.id, folder.item, told));
  }

  /** Items in the tree beyond those that the drive counts; what is ours and on its way counts for nothing. */
  #excess(folder: NodeId, { id }: Item, { count, asked }: Told): number {
    const { tree, changes } = this.#parts;
    if (count > maxCounted) return 0;
    let held = 0;
    for (const child of [...tree.children(folder)]) {
      const item = tree.get(child.id)?.item;
      if (item?.parentId === id && changes.counts(item.id, asked)) held += 1;
    }
    return held - count;
  }
}
