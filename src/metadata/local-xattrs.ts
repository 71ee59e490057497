// Extended attributes that only this computer keeps, by node. The only owner of their table.
import type { Store, Table } from '../store/store.ts';
import type { NodeId } from './node.ts';

type Key = [node: NodeId, name: string];

export class LocalXattrs {
  readonly #store: Store;
  readonly #table: Table<Key, Uint8Array>;
  /** All names that may be in use, once somebody has asked. */
  #names: Set<string> | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#table = store.table('xattrs');
  }

  get(node: NodeId, name: string): Uint8Array | undefined {
    return this.#table.get([node, name]);
  }

  set(node: NodeId, name: string, value: Uint8Array): void {
    this.#table.put([node, name], value);
    this.#names?.add(name);
  }

  /** False if no node has an attribute of this name. The first call looks at all there are. */
  isUsed(name: string): boolean {
    this.#names ??= new Set([...this.#table.keys()].map(([, known]) => known));
    return this.#names.has(name);
  }

  remove(node: NodeId, name: string): void {
    this.#table.remove([node, name]);
  }

  names(node: NodeId): string[] {
    return [...this.#table.below(node)].map(({ key }) => key[1]);
  }

  /** Those whose names begin with `prefix` are another node's from now on. */
  pass(from: NodeId, to: NodeId, prefix: string): void {
    this.#store.transact(() => {
      for (const name of this.names(from).filter((known) => known.startsWith(prefix))) {
        this.set(to, name, this.get(from, name) as Uint8Array);
        this.remove(from, name);
      }
    });
  }

  /** Looks at all there are, if any is of this name. */
  having(name: string): NodeId[] {
    if (!this.isUsed(name)) return [];
    return [...this.#table.keys()].flatMap(([node, known]) => (known === name ? [node] : []));
  }

  removeAll(node: NodeId): void {
    this.#store.transact(() => {
      for (const name of this.names(node)) this.remove(node, name);
    });
  }
}
