// The tree of nodes, durable: nodes, children by (parent, folded name), nodes by remote id, and the nodes that lost their
// name. Invariant: a node with a parent has exactly one row in `children`, one without has none and is in `orphans`. All
// changes run in a transaction of the store. The only owner of these tables.
import { LRUCache } from 'lru-cache';
import type { Timestamp } from '../base/timestamp.ts';
import type { ItemId } from '../drive/drive.ts';
import type { Store, Table } from '../store/store.ts';
import { foldName } from './names.ts';
import { type Node, type NodeId, type NodeKind, rootNode } from './node.ts';

interface Child {
  readonly id: NodeId;
  readonly name: string;
  readonly kind: NodeKind;
}

/** Hot records kept decoded; about 2 KB each. */
const cachedNodes = 5_000;

type ChildKey = [parent: NodeId, folded: string];

/** A change of some fields; `undefined` takes a field away. */
export type NodeChanges = { readonly [K in keyof Node]?: Node[K] | undefined };

const changed = (node: Node, changes: NodeChanges): Node => {
  const merged: Record<string, unknown> = { ...node, ...changes };
  for (const key of Object.keys(changes)) if (merged[key] === undefined && key !== 'parent') delete merged[key];
  return merged as unknown as Node;
};

export class Tree {
  readonly #store: Store;
  readonly #nodes: Table<NodeId, Node>;
  readonly #children: Table<ChildKey, Child>;
  readonly #ids: Table<string, NodeId>;
  readonly #orphans: Table<NodeId, true>;
  readonly #about: Table<string, number>;
  readonly #cache = new LRUCache<NodeId, Node>({ max: cachedNodes });

  constructor(store: Store) {
    this.#store = store;
    this.#nodes = store.table('nodes');
    this.#children = store.table('children');
    this.#ids = store.table('ids');
    this.#orphans = store.table('orphans');
    this.#about = store.table('about');
    store.onUndone(() => this.#cache.clear());
  }

  get(id: NodeId): Node | undefined {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    const stored = this.#nodes.get(id);
    if (stored !== undefined) this.#cache.set(id, stored);
    return stored;
  }

  /** The child whose name is `name` to the service, that is whatever the case of its letters. */
  childAnyCase(parent: NodeId, name: string): Child | undefined {
    return this.#children.get([parent, foldName(name)]);
  }

  child(parent: NodeId, name: string): Child | undefined {
    const found = this.childAnyCase(parent, name);
    return found?.name === name ? found : undefined;
  }

  *children(parent: NodeId): Iterable<Child> {
    for (const { value } of this.#children.below(parent)) yield value;
  }

  hasChildren(parent: NodeId): boolean {
    for (const _ of this.children(parent)) return true;
    return false;
  }

  byItem(id: ItemId): Node | undefined {
    const node = this.#ids.get(id);
    return node === undefined ? undefined : this.get(node);
  }

  count(): number {
    return this.#about.get('nodes') ?? 0;
  }

  /** Nodes without a name, left by an earlier run. */
  orphans(): NodeId[] {
    return [...this.#orphans.all()].map(({ key }) => key);
  }

  /** The root, made on the first run. */
  ensureRoot(now: Timestamp): Node {
    const root: Node = {
      ...{ id: rootNode, kind: 'folder', parent: undefined, name: '', size: 0 },
      ...{ mtime: now, ctime: now, ahead: {}, subfolders: 0 },
    };
    const found = this.get(rootNode);
    if (found !== undefined) return found;
    return this.#store.transact(() => {
      this.#about.put('nodes', 1);
      return this.#write(root);
    });
  }

  /** A new node under a new number; the name must be free. */
  add(node: Omit<Node, 'id' | 'subfolders' | 'ahead'> & { readonly ahead?: Node['ahead'] }): Node {
    return this.#store.transact(() => {
      const id = ((this.#about.get('last-node') ?? rootNode) + 1) as NodeId;
      this.#about.put('last-node', id);
      this.#about.put('nodes', this.count() + 1);
      const added: Node = { ahead: {}, ...node, id, subfolders: 0 };
      this.#write(added);
      if (added.item !== undefined) this.#ids.put(added.item.id, id);
      this.#link(added);
      return added;
    });
  }

  /** Changes fields. The place of a node is changed by `place` and `detach` alone. */
  update(id: NodeId, changes: Omit<NodeChanges, 'id' | 'parent' | 'name' | 'subfolders'>): Node {
    return this.#store.transact(() => {
      const before = this.#need(id);
      const after = changed(before, changes);
      if (before.item?.id !== after.item?.id) {
        if (before.item !== undefined && this.#ids.get(before.item.id) === id) this.#ids.remove(before.item.id);
        if (after.item !== undefined) this.#ids.put(after.item.id, id);
      }
      return this.#write(after);
    });
  }

  /** Gives the node a (new) place; the name must be free there, or the node's own. */
  place(id: NodeId, parent: NodeId, name: string): Node {
    return this.#store.transact(() => {
      this.#unlink(this.#need(id));
      this.#orphans.remove(id);
      const placed = this.#write(changed(this.#need(id), { parent, name }));
      this.#link(placed);
      return placed;
    });
  }

  /** Takes the node's name away; what is below a folder stays below it. */
  detach(id: NodeId): Node {
    return this.#store.transact(() => {
      this.#unlink(this.#need(id));
      this.#orphans.put(id, true);
      return this.#write(changed(this.#need(id), { parent: undefined }));
    });
  }

  /** Forgets a node for good; it must have no name. */
  erase(id: NodeId): void {
    this.#store.transact(() => {
      const node = this.get(id);
      if (node === undefined) return;
      if (node.item !== undefined && this.#ids.get(node.item.id) === id) this.#ids.remove(node.item.id);
      this.#orphans.remove(id);
      this.#nodes.remove(id);
      this.#about.put('nodes', this.count() - 1);
      this.#cache.delete(id);
    });
  }

  /** From the root down, with a slash before each name; undefined for a node that has lost its name, or is below one. */
  path(id: NodeId): string | undefined {
    const names: string[] = [];
    for (let at = this.get(id); at?.id !== rootNode; at = this.get(at.parent)) {
      if (at?.parent === undefined) return undefined;
      names.unshift(at.name);
    }
    return `/${names.join('/')}`;
  }

  /** Whether `id` is `ancestor` or somewhere below it. */
  isWithin(id: NodeId, ancestor: NodeId): boolean {
    let at: NodeId | undefined = id;
    while (at !== undefined && at !== ancestor) at = this.get(at)?.parent;
    return at === ancestor;
  }

  #need(id: NodeId): Node {
    const node = this.get(id);
    if (node === undefined) throw new Error(`node ${id} is not in the tree`);
    return node;
  }

  #write(node: Node): Node {
    this.#nodes.put(node.id, node);
    this.#cache.set(node.id, node);
    return node;
  }

  #link(node: Node): void {
    if (node.parent === undefined) return;
    this.#children.put([node.parent, foldName(node.name)], { id: node.id, name: node.name, kind: node.kind });
    if (node.kind === 'folder') this.#countFolder(node.parent, 1);
  }

  #unlink(node: Node): void {
    if (node.parent === undefined) return;
    this.#children.remove([node.parent, foldName(node.name)]);
    if (node.kind === 'folder') this.#countFolder(node.parent, -1);
  }

  #countFolder(parent: NodeId, by: number): void {
    const folder = this.get(parent);
    if (folder !== undefined) this.#write(changed(folder, { subfolders: folder.subfolders + by }));
  }
}
