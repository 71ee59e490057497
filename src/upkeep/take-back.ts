// Takes unsent changes back: what the drive has counts again, and what it never had goes. Whoever calls it has asked the user,
// or has saved the contents elsewhere. One transaction per call: a change is taken back as a whole or not at all.
import { timestamp } from '../base/timestamp.ts';
import type { KernelCache } from '../fs/file-system.ts';
import type { FsParts } from '../fs/parts.ts';
import { toLocalName } from '../metadata/names.ts';
import type { Node, NodeId } from '../metadata/node.ts';
import { type Entry, nodesOf } from '../queue/intent.ts';

export interface TakeBackParts extends FsParts {
  readonly kernel: () => KernelCache;
  /** The node has lost its name, and nothing in the queue is about it. */
  readonly settled: (node: NodeId) => void;
  /** Lists the folder again, in the background. */
  readonly renew: (folder: NodeId) => void;
}

export interface TakenBack {
  /** The entries that are out of the queue. */
  readonly entries: readonly Entry[];
  /** Those that could not be taken back, because they are being sent or others need them. */
  readonly left: readonly Entry[];
}

/** Steps from the root; what has no name comes first. */
const depthOf = (parts: FsParts, id: NodeId): number => parts.tree.path(id)?.split('/').length ?? 0;

export const takeBack = (parts: TakeBackParts, entries: readonly Entry[]): TakenBack => {
  const work = new TakingBack(parts);
  parts.store.transact(() => work.run(entries));
  work.listAgain();
  return work.result;
};

class TakingBack {
  readonly #parts: TakeBackParts;
  readonly #taken: Entry[] = [];
  readonly #left: Entry[] = [];
  /** Folders whose listing tells what belongs into them now. */
  readonly #folders = new Set<NodeId>();
  /** Nodes that have left their names, and are to be where the drive has their items. */
  readonly #homeless = new Set<NodeId>();

  constructor(parts: TakeBackParts) {
    this.#parts = parts;
  }

  get result(): TakenBack {
    return { entries: this.#taken, left: this.#left };
  }

  run(entries: readonly Entry[]): void {
    const byNode = new Map<NodeId, Entry[]>();
    for (const entry of entries) byNode.set(entry.intent.node, [...(byNode.get(entry.intent.node) ?? []), entry]);
    const nodes = [...byNode.keys()].sort((a, b) => depthOf(this.#parts, b) - depthOf(this.#parts, a));
    // What the drive has leaves the folders that it never had first; then those are empty. Names may have gone round: all are given
    // up before one is taken.
    const isKnown = (id: NodeId): boolean => this.#parts.tree.get(id)?.item !== undefined;
    for (const id of nodes.filter(isKnown)) this.#node(id, byNode.get(id) ?? []);
    for (const id of nodes.filter((node) => !isKnown(node))) this.#node(id, byNode.get(id) ?? []);
    this.#placeAll();
  }

  /** Asks the drive, in the background: it may know of more than is known here. */
  listAgain(): void {
    const { tree, renew } = this.#parts;
    for (const folder of this.#folders) if (tree.get(folder)?.item !== undefined) renew(folder);
  }

  #node(id: NodeId, asked: readonly Entry[]): void {
    const { tree, journal, queue } = this.#parts;
    const node = tree.get(id);
    // The changes of a node build on each other.
    const all = journal.of(id);
    const isOthers = node !== undefined && node.item === undefined && tree.hasChildren(id);
    if (isOthers || all.some((entry) => queue.isSending(entry))) {
      this.#left.push(...asked);
      return;
    }
    for (const entry of all) queue.giveUp(entry);
    this.#taken.push(...all);
    if (node === undefined) return;
    if (node.item === undefined) this.#never(node);
    else this.#asOnDrive(node);
    // What was removed from a folder before goes with its removal, and comes back with it.
    const also = all.flatMap(({ intent }) => nodesOf(intent).filter((other) => other !== id));
    for (const other of also.flatMap((gone) => tree.get(gone) ?? [])) this.#asOnDrive(other);
  }

  /** The drive has never had it. */
  #never(node: Node): void {
    const { tree, contents, conflicts, store } = this.#parts;
    conflicts.end(node.id);
    if (node.content !== undefined) contents.retire(node.content);
    tree.update(node.id, { content: undefined, ahead: {}, base: undefined });
    if (node.parent !== undefined) {
      this.#nameChanged(node.parent, node.name);
      tree.detach(node.id);
    }
    store.afterCommit(() => this.#parts.settled(node.id));
  }

  #asOnDrive(node: Node): void {
    const { tree, changes } = this.#parts;
    if (node.ahead.content === true) this.#contentAsOnDrive(node);
    tree.update(node.id, { ahead: {}, base: undefined });
    // As long as it was ahead, it stayed here, even if somebody has removed it from the drive.
    if (node.parent !== undefined) this.#folders.add(node.parent);
    if (this.#isInPlace(node)) return;
    this.#homeless.add(node.id);
    if (node.parent === undefined) {
      // What was removed with the folder is no longer known to be in it.
      if (node.kind === 'folder') changes.forget(node.id);
      return;
    }
    this.#nameChanged(node.parent, node.name);
    tree.detach(node.id);
  }

  /** What is here is unsent, or, where a save has given the node another item, what that one had before. */
  #contentAsOnDrive({ id, content, item }: Node): void {
    const { tree, contents, store } = this.#parts;
    if (content === undefined || item === undefined) return;
    contents.retire(content);
    tree.update(id, { content: undefined, holeBytes: undefined, size: item.size, mtime: timestamp(item.modified) });
    store.afterCommit(() => this.#parts.kernel().invalidateNode(id));
  }

  #folderOnDrive({ item }: Node): Node | undefined {
    return item?.parentId === undefined ? undefined : this.#parts.tree.byItem(item.parentId);
  }

  #isInPlace(node: Node): boolean {
    const { item, kind, parent, name } = node;
    const folder = this.#folderOnDrive(node);
    return folder !== undefined && parent === folder.id && name === toLocalName(item?.name ?? '', kind === 'symlink');
  }

  /** Folders before what is in them. */
  #placeAll(): void {
    let waiting = [...this.#homeless];
    for (let before = 0; waiting.length !== before; ) {
      before = waiting.length;
      waiting = waiting.filter((id) => !this.#isPlaced(id));
    }
    for (const id of waiting) this.#withoutPlace(id);
  }

  #isPlaced(id: NodeId): boolean {
    const { tree, changes } = this.#parts;
    const node = tree.get(id);
    const folder = node === undefined ? undefined : this.#folderOnDrive(node);
    if (node?.item === undefined || folder === undefined || tree.path(folder.id) === undefined) return false;
    this.#folders.add(folder.id);
    changes.applyLooked(node.item);
    return true;
  }

  /** The drive's next listing finds a place for it, and for what is in it. */
  #withoutPlace(id: NodeId): void {
    const { tree, changes, store } = this.#parts;
    for (const child of [...tree.children(id)]) changes.lose(child.id);
    store.afterCommit(() => this.#parts.settled(id));
  }

  #nameChanged(parent: NodeId, name: string): void {
    this.#parts.store.afterCommit(() => this.#parts.kernel().invalidateEntry(parent, name));
  }
}
