// Takes unsent changes back: what the drive has counts again, and what it never had goes. Whoever calls it has asked the user,
// or has saved the contents elsewhere. One transaction per call: a change is taken back as a whole or not at all.
import { timestamp } from '../base/timestamp.ts';
import type { KernelCache } from '../fs/file-system.ts';
import type { FsParts } from '../fs/parts.ts';
import { toLocalName } from '../metadata/names.ts';
import { type Node, type NodeId, rootNode } from '../metadata/node.ts';
import { type Entry, nodesOf } from '../queue/intent.ts';

export interface TakeBackParts extends FsParts {
  readonly kernel: () => KernelCache;
  /** The node has lost its name, and nothing in the queue is about it. */
  readonly settled: (node: NodeId) => void;
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
    // What the drive has leaves the folders that it never had first; then those are empty.
    const isKnown = (id: NodeId): boolean => this.#parts.tree.get(id)?.item !== undefined;
    for (const id of nodes.filter(isKnown)) this.#node(id, byNode.get(id) ?? []);
    for (const id of nodes.filter((node) => !isKnown(node))) this.#node(id, byNode.get(id) ?? []);
  }

  /** Asks the drive, in the background: it may know of more than is known here. */
  listAgain(): void {
    const { tree, listings, log } = this.#parts;
    for (const folder of this.#folders) {
      if (tree.get(folder)?.item === undefined) continue;
      listings.renew(folder).catch((error: unknown) => log.info('not listed again', error));
    }
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
    // What was removed from a folder before goes with its removal, and comes back with it: the highest first.
    const also = all.flatMap(({ intent }) => nodesOf(intent).filter((other) => other !== id));
    for (const other of also.reverse().flatMap((gone) => tree.get(gone) ?? [])) this.#asOnDrive(other);
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
    const { tree } = this.#parts;
    if (node.content !== undefined && node.ahead.content === true) this.#contentAsOnDrive(node);
    tree.update(node.id, { ahead: {}, base: undefined });
    if (this.#isInPlace(node)) return;
    this.#placeAsOnDrive(node);
    // What was removed with the folder is no longer known to be in it.
    if (node.kind === 'folder') tree.update(node.id, { listedAt: undefined });
    this.#folders.add(node.id);
  }

  #contentAsOnDrive({ id, content, item }: Node): void {
    const { tree, contents, store } = this.#parts;
    if (content === undefined || item === undefined || contents.record(content)?.dirty !== true) return;
    contents.retire(content);
    tree.update(id, { content: undefined, holeBytes: undefined, size: item.size, mtime: timestamp(item.modified) });
    store.afterCommit(() => this.#parts.kernel().invalidateNode(id));
  }

  #wantedPlace({ item, kind }: Node): { readonly parent: NodeId; readonly name: string } | undefined {
    const parent = item?.parentId === undefined ? undefined : this.#parts.tree.byItem(item.parentId);
    if (item === undefined || parent === undefined) return undefined;
    if (parent.id !== rootNode && parent.parent === undefined) return undefined;
    return { parent: parent.id, name: toLocalName(item.name, kind === 'symlink') };
  }

  #isInPlace(node: Node): boolean {
    const wanted = this.#wantedPlace(node);
    return wanted !== undefined && wanted.parent === node.parent && wanted.name === node.name;
  }

  /** If its place is taken, or not known, the drive's next listing finds one for it. */
  #placeAsOnDrive(node: Node): void {
    const { tree, store } = this.#parts;
    const wanted = this.#wantedPlace(node);
    if (node.parent !== undefined) {
      this.#nameChanged(node.parent, node.name);
      this.#folders.add(node.parent);
      tree.detach(node.id);
    }
    if (wanted === undefined) {
      store.afterCommit(() => this.#parts.settled(node.id));
      return;
    }
    this.#folders.add(wanted.parent);
    if (tree.childAnyCase(wanted.parent, wanted.name) === undefined) {
      tree.place(node.id, wanted.parent, wanted.name);
      this.#nameChanged(wanted.parent, wanted.name);
    } else store.afterCommit(() => this.#parts.settled(node.id));
  }

  #nameChanged(parent: NodeId, name: string): void {
    this.#parts.store.afterCommit(() => this.#parts.kernel().invalidateEntry(parent, name));
  }
}
