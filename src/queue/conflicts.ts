// Conflict copies that nobody has dealt with yet, durable: which node is the copy, and what it stands beside. A copy that is
// renamed, removed or resolved is none any more. The only owner of its table.
import { posix } from 'node:path';
import type { ItemId } from '../drive/drive.ts';
import type { NodeId } from '../metadata/node.ts';
import type { Tree } from '../metadata/tree.ts';
import type { Store, Table } from '../store/store.ts';

export interface Conflict {
  /** Ours: the copy. */
  readonly node: NodeId;
  /** Theirs, which has the name. Undefined where it was only seen that the name is taken. */
  readonly item?: ItemId;
  /** The folder that ours was to be in. */
  readonly folder?: NodeId;
  /** Where ours was to be, in the tree of that time; from the root with a slash. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What the copy stands beside: theirs, wherever that is by now. */
export const originalPath = (tree: Tree, { item, folder, path }: Conflict): string => {
  const theirs = item === undefined ? undefined : tree.byItem(item);
  const above = folder === undefined ? undefined : tree.path(folder);
  return (theirs && tree.path(theirs.id)) ?? (above === undefined ? path : posix.join(above, posix.basename(path)));
};

export class Conflicts {
  readonly #table: Table<NodeId, Conflict>;

  constructor(store: Store) {
    this.#table = store.table('conflicts');
  }

  add(conflict: Conflict): void {
    this.#table.put(conflict.node, conflict);
  }

  of(node: NodeId): Conflict | undefined {
    return this.#table.get(node);
  }

  /** Oldest first. */
  all(): Conflict[] {
    return [...this.#table.all()].map(({ value }) => value).sort((a, b) => a.at - b.at);
  }

  /** The copy is another node from now on. */
  pass(from: NodeId, to: NodeId): void {
    const conflict = this.of(from);
    if (conflict === undefined) return;
    this.#table.remove(from);
    this.add({ ...conflict, node: to });
  }

  end(node: NodeId): void {
    if (this.of(node) !== undefined) this.#table.remove(node);
  }
}
