// What nodes are called in their folders. SkyDrive allows two items of one name in a folder: the later ones are shown with a number,
// and keep it when our user takes the first away.
import { distinctName, foldName, toLocalName } from './names.ts';
import type { Node, NodeId } from './node.ts';
import type { Tree } from './tree.ts';

/** Who must know what names lead to. Called inside the transaction; must not wait. */
export interface NameListener {
  /** The name leads elsewhere now, or nowhere. */
  entryChanged(parent: NodeId, name: string): void;
  /** The name, which nothing had, leads somewhere now. */
  entryAppeared(parent: NodeId, name: string): void;
}

/** So many numbers in a row may have become free before one that is still used. */
const widestGap = 8;

export class ShownNames {
  readonly #tree: Tree;
  readonly #listener: NameListener;

  /** Everything here happens in a transaction of the caller's. */
  constructor(tree: Tree, listener: NameListener) {
    this.#tree = tree;
    this.#listener = listener;
  }

  /** The name, with a number if something in the folder has it. */
  free(parent: NodeId, wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#tree.childAnyCase(parent, name) !== undefined; number += 1)
      name = distinctName(wanted, number);
    return name;
  }

  /** Puts the node into the folder, under the name or that with a number. */
  give(node: Node, folder: NodeId, wanted: string): void {
    if (node.parent !== undefined) {
      this.#listener.entryChanged(node.parent, node.name);
      this.#tree.detach(node.id);
    }
    const name = this.free(folder, wanted);
    this.#tree.place(node.id, folder, name);
    this.#listener.entryAppeared(folder, name);
    if (node.parent !== undefined) this.vacated(node.parent, node.name);
  }

  /** The name is free, on the drive too, as far as is known: an item that got a number for the sake of who had it gets it. */
  vacated(parent: NodeId, name: string): void {
    if (this.#tree.childAnyCase(parent, name) !== undefined) return;
    for (const node of this.#numbered(parent, name)) {
      const wanted = node.item === undefined ? '' : toLocalName(node.item.name, node.kind === 'symlink');
      if (node.ahead.place || foldName(wanted) !== foldName(name)) continue;
      this.give(node, parent, wanted);
      return;
    }
  }

  /** What is shown under the name with a number. */
  *#numbered(parent: NodeId, name: string): Iterable<Node> {
    let last = 1;
    for (let number = 2; number <= last + 1 + widestGap; number += 1) {
      const child = this.#tree.childAnyCase(parent, distinctName(name, number));
      const node = child === undefined ? undefined : this.#tree.get(child.id);
      if (node === undefined) continue;
      last = number;
      yield node;
    }
  }
}
