// What follows from the items of a drive and is kept at hand: children by folder and by name, and the size below each folder. Never
// stored; rebuilt from the items. Owned by drive-state.ts, which tells it every item that comes, changes or goes.
import type { DriveItem, ItemNumber } from './drive-item.ts';
import { nameKey } from './name-rules.ts';

interface Folder {
  readonly children: Set<ItemNumber>;
  /** SkyDrive may hold two items of one name. */
  readonly byName: Map<string, ItemNumber[]>;
  bytes: number;
}

export class DriveIndex {
  readonly #folders = new Map<ItemNumber, Folder>();
  readonly #parentOf: (number: ItemNumber) => ItemNumber | undefined;

  constructor(parentOf: (number: ItemNumber) => ItemNumber | undefined) {
    this.#parentOf = parentOf;
  }

  children(folder: ItemNumber): IterableIterator<ItemNumber> {
    return (this.#folders.get(folder)?.children ?? new Set<ItemNumber>()).values();
  }

  count(folder: ItemNumber): number {
    return this.#folders.get(folder)?.children.size ?? 0;
  }

  /** Bytes of all files below the folder. */
  bytes(folder: ItemNumber): number {
    return this.#folders.get(folder)?.bytes ?? 0;
  }

  named(folder: ItemNumber, name: string): readonly ItemNumber[] {
    return this.#folders.get(folder)?.byName.get(nameKey(name)) ?? [];
  }

  /** Call when `item` is in place, and its ancestors too. */
  add(item: DriveItem): void {
    if (item.parent === undefined) return;
    const folder = this.#folder(item.parent);
    folder.children.add(item.number);
    const key = nameKey(item.name);
    folder.byName.set(key, [...(folder.byName.get(key) ?? []), item.number]);
    this.#grow(item.parent, this.#weight(item));
  }

  /** Call while the item's ancestors are still those under which it was added. */
  drop(item: DriveItem): void {
    if (item.parent === undefined) return;
    const folder = this.#folder(item.parent);
    folder.children.delete(item.number);
    const key = nameKey(item.name);
    const left = (folder.byName.get(key) ?? []).filter((number) => number !== item.number);
    if (left.length > 0) folder.byName.set(key, left);
    else folder.byName.delete(key);
    this.#grow(item.parent, -this.#weight(item));
  }

  #weight(item: DriveItem): number {
    return (item.content?.size ?? 0) + this.bytes(item.number);
  }

  #grow(from: ItemNumber, by: number): void {
    if (by === 0) return;
    for (let at: ItemNumber | undefined = from; at !== undefined; at = this.#parentOf(at)) this.#folder(at).bytes += by;
  }

  #folder(number: ItemNumber): Folder {
    const known = this.#folders.get(number);
    if (known !== undefined) return known;
    const made: Folder = { children: new Set(), byName: new Map(), bytes: 0 };
    this.#folders.set(number, made);
    return made;
  }
}
