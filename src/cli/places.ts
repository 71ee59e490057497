// From what people write to items: ids, paths, and the service's own names of some folders, as the ancestor's tools take them.

import { ControlError } from '../daemon/protocol.ts';
import type { Drive, Item, ItemId, SpecialFolder } from '../drive/drive.ts';
import { toRemoteName } from '../metadata/names.ts';

/** What an argument is taken for. `guess`: an id if it looks like one, else a path. */
export type PlaceKind = 'path' | 'id' | 'guess';

/** The ancestor's name of the root; behind it, its names of some folders. */
const rootName = 'me/skydrive';

const specialNames: Readonly<Record<string, SpecialFolder>> = {
  my_documents: 'documents',
  my_photos: 'photos',
  public_documents: 'public',
  camera_roll: 'camera-roll',
};

const missing = (message: string): ControlError => new ControlError(message, { kind: 'missing' });

/** For people. */
export const placeName = (item: Item): string => (item.parentId === undefined ? '/' : item.name);

/** Once each, although a listing that had to start over brings some twice. */
export const childrenOf = async (drive: Drive, id: ItemId, signal?: AbortSignal): Promise<readonly Item[]> => {
  const found = new Map<ItemId, Item>();
  for await (const page of drive.children(id, signal)) for (const item of page) found.set(item.id, item);
  return [...found.values()];
};

/** What somebody may mean by a name, best first: the name itself; as a mount shows it; with its accents composed otherwise. */
const readings: readonly ((name: string) => (other: string) => boolean)[] = [
  (name) => (other) => other === name,
  (name) => {
    const remote = toRemoteName(name, false);
    return (other) => other === remote;
  },
  (name) => {
    const composed = name.normalize();
    return (other) => other.normalize() === composed;
  },
];

const named = (items: readonly Item[], name: string): readonly Item[] => {
  for (const reading of readings) {
    const found = items.filter((item) => reading(name)(item.name));
    if (found.length > 0) return found;
  }
  return [];
};

export interface PlacesOptions {
  readonly kind: PlaceKind;
  /** Told when a path fits several items and one is taken. */
  warn(message: string): void;
  readonly signal?: AbortSignal | undefined;
}

export class Places {
  readonly #drive: Drive;
  readonly #options: PlacesOptions;
  readonly #listings = new Map<ItemId, Promise<readonly Item[]>>();

  constructor(drive: Drive, options: PlacesOptions) {
    this.#drive = drive;
    this.#options = options;
  }

  /** To look at. Two items of one name may be in a folder; the last one has always been it. */
  async find(place: string): Promise<Item> {
    return await this.#find(place, (items, name, folder) => {
      if (items.length > 1) this.#options.warn(`${severalItems(items, name, folder)}; taken is the last of them`);
      return items.at(-1);
    });
  }

  /** To change: what it is must be beyond doubt. */
  async findAlone(place: string): Promise<Item> {
    return await this.#find(place, (items, name, folder) => {
      if (items.length > 1)
        throw new ControlError(`${severalItems(items, name, folder)}; name the one that is meant by its id`);
      return items[0];
    });
  }

  /** A folder to look at, or to put something into. */
  async folder(place: string): Promise<Item> {
    const item = await this.find(place);
    if (item.kind === 'folder') return item;
    throw new ControlError(`"${item.name}" is a ${item.kind}, and a folder is wanted`);
  }

  /** The items in a folder that have a name, in the service's order. Listed once. */
  async named(folder: Item, name: string): Promise<readonly Item[]> {
    return named(await this.children(folder), name);
  }

  async children(folder: Item): Promise<readonly Item[]> {
    const known = this.#listings.get(folder.id);
    if (known !== undefined) return await known;
    const listing = childrenOf(this.#drive, folder.id, this.#options.signal);
    this.#listings.set(folder.id, listing);
    return await listing;
  }

  /** An item of a folder as it is now, new or changed. */
  learn(folderId: ItemId, item: Item): void {
    const known = this.#listings.get(folderId);
    if (known === undefined) return;
    this.#listings.set(
      folderId,
      known.then((items) => [...items.filter(({ id }) => id !== item.id), item]),
    );
  }

  /** What is known of a folder is no longer true. */
  forget(folderId: ItemId): void {
    this.#listings.delete(folderId);
  }

  async #find(place: string, choose: Choice): Promise<Item> {
    const { kind } = this.#options;
    if (place === rootName || place.startsWith(`${rootName}/`)) {
      return await this.#below(await this.#special(place), choose);
    }
    if (kind === 'id' || (kind === 'guess' && this.#drive.features.idPattern.test(place))) {
      return await this.#drive.get(place, this.#options.signal);
    }
    return await this.#below({ item: await this.#root(), names: namesIn(place) }, choose);
  }

  #root(): Promise<Item> {
    return this.#drive.root(this.#options.signal);
  }

  /** `me/skydrive/my_documents/a`: the folder for documents, and `a` to be found in it. */
  async #special(place: string): Promise<Start> {
    const names = namesIn(place.slice(rootName.length));
    const special = specialNames[names[0] ?? ''];
    if (special === undefined) return { item: await this.#root(), names };
    return { item: await this.#drive.special(special, this.#options.signal), names: names.slice(1) };
  }

  async #below({ item: start, names }: Start, choose: Choice): Promise<Item> {
    let item = start;
    for (const name of names) {
      if (item.kind !== 'folder') throw missing(`"${item.name}" is a ${item.kind}: there is no "${name}" in it`);
      const child = choose(await this.named(item, name), name, item);
      if (child === undefined) throw missing(`there is no "${name}" in "${placeName(item)}" on the drive`);
      item = child;
    }
    return item;
  }
}

type Choice = (items: readonly Item[], name: string, folder: Item) => Item | undefined;

interface Start {
  readonly item: Item;
  readonly names: readonly string[];
}

/** The service allows neither sign in a name, and the ancestor splits at both. */
const namesIn = (path: string): readonly string[] => path.split(/[/\\]/).filter((name) => name !== '' && name !== '.');

/** For people: they are told apart by their ids alone. */
export const severalItems = (items: readonly Item[], name: string, folder: Item): string =>
  `${items.length} items in "${placeName(folder)}" are called "${name}": ${items.map(({ id }) => id).join(', ')}`;
