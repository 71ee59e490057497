// The state behind MemoryDrive, and the hand of "another client" on it: every method works at once, by path, and without
// the drive's checks, so that tests can change the drive behind the back of what they test.
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Comment, Item, ItemId, ItemKind, LinkKind } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';

export interface StoredItem {
  readonly id: ItemId;
  parentId: ItemId | undefined;
  name: string;
  kind: ItemKind;
  bytes: Uint8Array;
  created: number;
  modified: number;
  version: number;
  contentVersion: number;
  /** Of the last change of what is in it, at any depth. */
  treeVersion: number;
  description: string;
  comments: Comment[];
  links: Map<LinkKind, string>;
  /** What the drive says that the hash of the bytes is, until they change. */
  hash?: string | undefined;
}

export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** Quota in bytes; 1 GiB when not given. */
  readonly total?: number;
  /** Folders tell how many items they hold. */
  readonly childCounts?: boolean;
  /** Folders have versions of what is in them, and removals take them as a condition. */
  readonly treeVersions?: boolean;
}

export const rootId: ItemId = 'root';

/** Ids are counted, whatever they are of; the root was there before. */
const serialOf = (id: ItemId): number => Number(id.split('!')[1] ?? 0);

const textBytes = (content: Uint8Array | string): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content);

export class MemoryStore {
  readonly clock: Clock;
  total: number;
  readonly items = new Map<ItemId, StoredItem>();
  /** Ids in the order of their changes; the change feed's cursor is an index into it. */
  feed: ItemId[] = [];
  /** Every content that any file ever had. */
  readonly history = new Set<string>();
  /** Cursors given out before this generation are answered with a reset. */
  generation = 1;
  #nextId = 1;
  #nextVersion = 1;

  readonly #childCounts: boolean;
  readonly #treeVersions: boolean;

  constructor(options: MemoryStoreOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.total = options.total ?? 2 ** 44;
    this.#childCounts = options.childCounts ?? false;
    this.#treeVersions = options.treeVersions ?? false;
    this.#insert(rootId, undefined, 'SkyDrive', 'folder');
  }

  newId(prefix: string): string {
    return `${prefix}!${this.#nextId++}`;
  }

  #insert(id: ItemId, parentId: ItemId | undefined, name: string, kind: ItemKind): StoredItem {
    const now = this.clock.now();
    const item: StoredItem = {
      ...{ id, parentId, name, kind, bytes: new Uint8Array(), created: now, modified: now },
      ...{
        version: 0,
        contentVersion: 0,
        treeVersion: 0,
        description: '',
        comments: [],
        links: new Map<LinkKind, string>(),
      },
    };
    this.items.set(id, item);
    this.contentChanged(item);
    return item;
  }

  /** Whatever the name is, and whether or not it is taken. */
  add(parentId: ItemId, name: string, kind: ItemKind, content: Uint8Array | string = ''): StoredItem {
    const item = this.#insert(this.newId(kind), parentId, name, kind);
    item.bytes = textBytes(content);
    return item;
  }

  changed(item: StoredItem): void {
    item.version = this.#nextVersion++;
    this.#changedBelow(item.parentId);
    this.feed.push(item.id);
  }

  #changedBelow(folder: ItemId | undefined): void {
    const version = this.#nextVersion++;
    for (let at = folder; at !== undefined; ) {
      const item = this.items.get(at);
      if (item !== undefined) item.treeVersion = version;
      at = item?.parentId;
    }
  }

  /** It gets another name, another folder, or both. */
  place(item: StoredItem, parentId: ItemId, name: string): void {
    this.#changedBelow(item.parentId);
    item.parentId = parentId;
    item.name = name;
    this.changed(item);
  }

  contentChanged(item: StoredItem): void {
    if (item.kind === 'file') this.history.add(new TextDecoder().decode(item.bytes));
    this.changed(item);
    item.contentVersion = item.version;
    item.hash = undefined;
  }

  get(id: ItemId): StoredItem {
    const item = this.items.get(id);
    if (item === undefined) throw new DriveError('missing', `item ${id} does not exist`, { status: 404 });
    return item;
  }

  /** In the order in which they were made; `behind`: those made after that item, which may be gone. */
  children(id: ItemId, behind?: ItemId): StoredItem[] {
    const serial = behind === undefined ? 0 : serialOf(behind);
    const found: StoredItem[] = [];
    for (const item of this.items.values())
      if (item.parentId === id && (behind === undefined || serialOf(item.id) > serial)) found.push(item);
    return found;
  }

  childNamed(id: ItemId, name: string): StoredItem | undefined {
    const folded = name.toLowerCase();
    for (const item of this.items.values()) if (item.parentId === id && item.name.toLowerCase() === folded) return item;
    return undefined;
  }

  isBelow(id: ItemId, ancestor: ItemId): boolean {
    for (let at: ItemId | undefined = id; at !== undefined; at = this.items.get(at)?.parentId) {
      if (at === ancestor) return true;
    }
    return false;
  }

  delete(id: ItemId): void {
    for (const child of this.children(id)) this.delete(child.id);
    this.#changedBelow(this.items.get(id)?.parentId);
    this.items.delete(id);
    this.feed.push(id);
  }

  get used(): number {
    return [...this.items.values()].reduce((sum, item) => sum + item.bytes.length, 0);
  }

  toItem(stored: StoredItem): Item {
    return {
      ...{ id: stored.id, parentId: stored.parentId, name: stored.name, kind: stored.kind },
      size: stored.kind === 'file' ? stored.bytes.length : 0,
      ...{ created: stored.created, modified: stored.modified },
      version: `v${stored.version}`,
      contentVersion: `c${stored.contentVersion}`,
      ...(stored.description === '' ? {} : { description: stored.description }),
      ...(stored.hash === undefined ? {} : { hash: stored.hash }),
      ...(this.#childCounts && stored.kind === 'folder' ? { childCount: this.children(stored.id).length } : {}),
      ...(this.#treeVersions && stored.kind === 'folder' ? { treeVersion: `t${stored.treeVersion}` } : {}),
      facts: { web_url: `https://drive.example/${stored.id}` },
      commentCount: stored.comments.length,
    };
  }

  // ---- another client, by path (`a/b/c`; '' is the root) ----

  find(path: string): StoredItem | undefined {
    let at = this.items.get(rootId);
    for (const name of path.split('/').filter((part) => part !== '')) {
      at = at && this.children(at.id).find((item) => item.name === name);
    }
    return at;
  }

  at(path: string): StoredItem {
    const item = this.find(path);
    if (item === undefined) throw new Error(`the drive has no ${path}`);
    return item;
  }

  /** The item as the drive would answer it. */
  itemAt(path: string): Item {
    return this.toItem(this.at(path));
  }

  /** Makes the folder and those above it. */
  makeFolder(path: string): StoredItem {
    const found = this.find(path);
    if (found !== undefined) return found;
    const cut = path.lastIndexOf('/');
    return this.add(this.makeFolder(path.slice(0, Math.max(cut, 0))).id, path.slice(cut + 1), 'folder');
  }

  /** New content for the file of that path, which is made (with its folders) where there is none. */
  put(path: string, content: Uint8Array | string): StoredItem {
    const found = this.find(path);
    const cut = path.lastIndexOf('/');
    const item = found ?? this.add(this.makeFolder(path.slice(0, Math.max(cut, 0))).id, path.slice(cut + 1), 'file');
    item.bytes = textBytes(content);
    item.modified = this.clock.now();
    this.contentChanged(item);
    return item;
  }

  move(from: string, to: string): void {
    const item = this.at(from);
    const cut = to.lastIndexOf('/');
    this.place(item, this.makeFolder(to.slice(0, Math.max(cut, 0))).id, to.slice(cut + 1));
  }

  remove(path: string): void {
    this.delete(this.at(path).id);
  }

  /** Every path with its content as text; folders end in `/` and hold ''. Same-named items: the last one wins. */
  tree(): Record<string, string> {
    const found: [string, string][] = [];
    const walk = (id: ItemId, prefix: string): void => {
      for (const item of this.children(id)) {
        const path = `${prefix}${item.name}${item.kind === 'folder' ? '/' : ''}`;
        found.push([path, new TextDecoder().decode(item.bytes)]);
        if (item.kind === 'folder') walk(item.id, path);
      }
    };
    walk(rootId, '');
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** From now on, every cursor given out before is stale: the next `changes` answers with a reset. */
  expireCursors(): void {
    this.generation++;
  }
}
