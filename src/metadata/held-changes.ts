// What the change feed told and what cannot be brought into the tree yet: items whose folder or name is not there, and folders that
// are gone but may still hold what has moved elsewhere. Durable, because the feed does not tell it again. The only owner of its table.
import type { Change, Item, ItemId } from '../drive/drive.ts';
import type { Store, Table } from '../store/store.ts';

/** With the version of the item that the tree had when this was told, if it had any. */
type Held = Change & { readonly over?: string };

export class HeldChanges {
  readonly #store: Store;
  readonly #table: Table<string, Held>;
  readonly #items = new Map<ItemId, ItemId | undefined>();
  readonly #byParent = new Map<ItemId, Set<ItemId>>();
  readonly #removed = new Set<ItemId>();

  constructor(store: Store) {
    this.#store = store;
    this.#table = store.table('held');
    this.#load();
    store.onUndone(() => this.#load());
  }

  get size(): number {
    return this.#items.size + this.#removed.size;
  }

  /** The last that was told of an item counts. `over` is the version of it that the tree has. */
  hold(change: Change, over?: string): void {
    const id = 'item' in change ? change.item.id : change.removed;
    this.drop(id);
    this.#table.put(id, { ...change, ...(over === undefined ? {} : { over }) });
    this.#enlist(id, change);
  }

  drop(id: ItemId): void {
    if (!this.#removed.has(id) && !this.#items.has(id)) return;
    this.#table.remove(id);
    this.#unlist(id);
  }

  clear(): void {
    this.#store.transact(() => {
      for (const id of [...this.#items.keys(), ...this.#removed]) this.drop(id);
    });
  }

  items(): Item[] {
    return [...this.#items.keys()].flatMap((id) => this.#item(id) ?? []);
  }

  holds(id: ItemId): boolean {
    return this.#items.has(id);
  }

  itemsIn(parent: ItemId): Item[] {
    return [...(this.#byParent.get(parent) ?? [])].flatMap((id) => this.#item(id) ?? []);
  }

  /** The tree, which has the version `known` now, has got that since from elsewhere (a listing): which of both is newer is not known. */
  isOvertaken(id: ItemId, known: string | undefined): boolean {
    return this.#items.has(id) && this.#table.get(id)?.over !== known;
  }

  removed(): ItemId[] {
    return [...this.#removed];
  }

  #item(id: ItemId): Item | undefined {
    const change = this.#table.get(id);
    return change !== undefined && 'item' in change ? change.item : undefined;
  }

  #load(): void {
    for (const map of [this.#items, this.#byParent, this.#removed]) map.clear();
    for (const { key, value } of this.#table.all()) this.#enlist(key, value);
  }

  #enlist(id: ItemId, change: Change): void {
    if ('removed' in change) {
      this.#removed.add(id);
      return;
    }
    const { parentId } = change.item;
    this.#items.set(id, parentId);
    if (parentId !== undefined) this.#byParent.set(parentId, (this.#byParent.get(parentId) ?? new Set()).add(id));
  }

  #unlist(id: ItemId): void {
    const parent = this.#items.get(id);
    const siblings = parent === undefined ? undefined : this.#byParent.get(parent);
    siblings?.delete(id);
    if (parent !== undefined && siblings?.size === 0) this.#byParent.delete(parent);
    this.#items.delete(id);
    this.#removed.delete(id);
  }
}
