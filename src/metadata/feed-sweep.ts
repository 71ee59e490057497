// After the whole drive was listed: folders are complete, and what was not listed is looked for. Nothing goes because the feed was silent
// about it; a listing of the folder that it was in has to lack it too (graph-quirks, mass delete).
import { Breather } from '../base/breather.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { Store } from '../store/store.ts';
import type { HeldChanges } from './held-changes.ts';
import { type Node, type NodeId, rootNode } from './node.ts';
import type { Tree } from './tree.ts';

export interface SweepParts {
  readonly store: Store;
  readonly tree: Tree;
  readonly held: HeldChanges;
  /** Lists a folder, whatever is known of it. */
  renew(folder: NodeId): Promise<void>;
}

export interface Sweep {
  /** Number of the listing of the whole drive. */
  readonly listing: number;
  /** When it was made, milliseconds since 1970. */
  readonly now: number;
  readonly signal: AbortSignal;
}

interface Found {
  readonly subfolders: readonly NodeId[];
  readonly isWhole: boolean;
}

/** Of the folder's children. */
const look = async ({ tree }: SweepParts, folder: NodeId, { listing, signal }: Sweep, breather: Breather) => {
  const subfolders: NodeId[] = [];
  let isWhole = true;
  // Taken at once: a reader of the store must not stay open while others write.
  for (const { id, kind } of [...tree.children(folder)]) {
    const node = tree.get(id);
    const isListed = node?.item === undefined || node.listing === listing;
    if (!isListed) isWhole = false;
    if (kind === 'folder') subfolders.push(id);
    if (breather.isTired) await breather.breathe();
    signal.throwIfAborted();
  }
  const found: Found = { subfolders, isWhole };
  return found;
};

const isOurs = (node: Node | undefined): node is Node =>
  node?.item !== undefined && node.item.foreign !== true && (node.parent !== undefined || node.id === rootNode);

/** All that is in the folder was told, and is in the tree. */
const isTold = ({ held }: SweepParts, node: Node | undefined, { listing }: Sweep): node is Node =>
  isOurs(node) && node.forgotten !== listing && held.itemsIn(node.item?.id ?? '').length === 0;

const renewed = async ({ renew }: SweepParts, folder: NodeId): Promise<void> => {
  try {
    await renew(folder);
  } catch (error) {
    // What one folder alone answers says nothing of the others.
    if (error instanceof DriveError && !error.passing) return;
    throw error;
  }
};

export const sweep = async (parts: SweepParts, order: Sweep): Promise<void> => {
  const { tree, store } = parts;
  const breather = new Breather();
  const folders: NodeId[] = [rootNode];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (!isOurs(tree.get(folder))) continue;
    const { isWhole, subfolders } = await look(parts, folder, order, breather);
    const node = tree.get(folder);
    if (isWhole && isTold(parts, node, order)) store.transact(() => tree.update(node.id, { listedAt: order.now }));
    else if (isOurs(node)) await renewed(parts, folder);
    folders.push(...subfolders);
    await breather.breathe();
  }
};
