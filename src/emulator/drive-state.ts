// One account's drive: the truth that both dialects are views of. Every change is one synchronous commit, so concurrent requests see
// whole changes only; what a method returned is written down. Bytes are content-store.ts's; items here only name them.
import type { ContentHashes } from './content-hash.ts';
import type { ContentHistory } from './content-history.ts';
import {
  DriveFault,
  type DriveItem,
  type GraphFacts,
  type ItemKind,
  type ItemNumber,
  type OnConflict,
  type SpecialRole,
} from './drive-item.ts';
import { DriveNotes } from './drive-notes.ts';
import { DriveTree, type NewItem, rootNumber, type TreeMark } from './drive-tree.ts';
import type { MediaFacts } from './media-facts.ts';
import { nameFault, numberedName, trimName } from './name-rules.ts';
import type { RecordLog } from './record-log.ts';

/** Rules that an admin call may change while the emulator runs; shared by all drives. */
export interface DriveRules {
  /** Bytes, for drives that have no quota of their own. */
  readonly quota: number;
  /** Whether a name can be taken twice in one folder: then `fail` makes a second item instead of failing. */
  readonly allowDuplicates: boolean;
}

export interface DriveParts {
  readonly uid: string;
  readonly log: RecordLog;
  readonly history: ContentHistory;
  readonly rules: () => DriveRules;
  readonly now: () => number;
}

/** What a client can set of an item. */
export type ItemPatch = Partial<
  Pick<DriveItem, 'name' | 'description' | 'sortBy' | 'audio' | 'clientCreatedMs' | 'clientModifiedMs' | 'sharing'>
>;

export interface NewContent {
  readonly hashes: ContentHashes;
  readonly media?: MediaFacts | undefined;
}

interface NameWish {
  readonly conflict: OnConflict;
  readonly kind: ItemKind;
  /** The item that gets the name: it isn't in its own way. */
  readonly self?: ItemNumber;
}

const specialFolders: readonly (readonly [SpecialRole, ItemKind, string])[] = [
  ['documents', 'folder', 'Documents'],
  ['photos', 'album', 'Pictures'],
  ['public', 'folder', 'Public'],
];

export const isFolder = (item: DriveItem): boolean => item.kind === 'folder' || item.kind === 'album';

export class DriveState {
  readonly uid: string;
  readonly notes: DriveNotes;
  readonly #log: RecordLog;
  readonly #tree: DriveTree;
  readonly #rules: () => DriveRules;

  constructor(parts: DriveParts) {
    this.uid = parts.uid;
    this.#log = parts.log;
    this.#rules = parts.rules;
    this.#tree = new DriveTree(parts.uid, parts.log, parts.history, parts.now);
    this.notes = new DriveNotes(parts.log, parts.uid, () => this.#tree.nextNumber(), parts.now);
    if (this.#tree.isEmpty) this.#log.commit(() => this.#found());
  }

  get root(): DriveItem {
    return this.#tree.must(rootNumber);
  }

  get used(): number {
    return this.#tree.index.bytes(rootNumber);
  }

  /** Bytes. */
  get quota(): number {
    return this.#tree.meta.quota ?? this.#rules().quota;
  }

  set quota(bytes: number) {
    this.#tree.setQuota(bytes);
  }

  get available(): number {
    return Math.max(0, this.quota - this.used);
  }

  /** Position in the sequence of changes; items carry theirs. */
  get sequence(): number {
    return this.#tree.meta.sequence;
  }

  /** The item, unless it never was or is in the recycle bin. */
  get(number: ItemNumber): DriveItem | undefined {
    const item = this.#tree.find(number);
    return item?.removedWith === undefined ? item : undefined;
  }

  /** Every item that is or was there, in no order. */
  all(): IterableIterator<DriveItem> {
    return this.#tree.all();
  }

  children(folder: ItemNumber): DriveItem[] {
    return [...this.#tree.index.children(folder)].map((number) => this.#tree.must(number));
  }

  childCount(folder: ItemNumber): number {
    return this.#tree.index.count(folder);
  }

  /** The first of that name, which is the only one unless duplicates are allowed. */
  named(folder: ItemNumber, name: string): DriveItem | undefined {
    const [first] = this.#tree.index.named(folder, trimName(name));
    return first === undefined ? undefined : this.#tree.must(first);
  }

  special(role: SpecialRole): DriveItem | undefined {
    return [...this.#tree.all()].find((item) => item.role === role && item.removedWith === undefined);
  }

  /** Bytes of a file, or of everything below a folder. */
  size(item: DriveItem): number {
    return item.content?.size ?? this.#tree.index.bytes(item.number);
  }

  /** Last change of the item or of anything below it. */
  mark(item: DriveItem): TreeMark {
    return this.#tree.mark(item);
  }

  createFolder(
    parent: ItemNumber,
    name: string,
    options: {
      kind?: ItemKind;
      description?: string;
      role?: SpecialRole;
      graph?: GraphFacts;
      onConflict?: OnConflict;
    } = {},
  ): DriveItem {
    const { kind = 'folder', onConflict = 'fail', ...rest } = options;
    return this.#log.commit(() => {
      const free = this.#freeName(parent, name, { conflict: onConflict, kind });
      return this.#tree.create({ parent, name: free, kind, ...rest });
    });
  }

  /** Throws what `putFile` would throw for a content of that size, before its bytes are taken. */
  checkPut(parent: ItemNumber, name: string, onConflict: OnConflict, size = 0): void {
    this.#freeName(parent, name, { conflict: onConflict, kind: 'file' });
    this.#checkRoom(size, onConflict === 'replace' ? this.named(parent, name) : undefined);
  }

  /** A file of that name with that content: a new one, or a new content of the one that is there. */
  putFile(
    parent: ItemNumber,
    name: string,
    content: NewContent,
    onConflict: OnConflict = 'replace',
  ): { readonly item: DriveItem; readonly created: boolean } {
    return this.#log.commit(() => {
      const free = this.#freeName(parent, name, { conflict: onConflict, kind: 'file' });
      const present = onConflict === 'replace' ? this.named(parent, free) : undefined;
      if (present !== undefined) return { item: this.setContent(present.number, content), created: false };
      this.#checkRoom(content.hashes.size);
      const media: Partial<NewItem> = content.media === undefined ? {} : { media: content.media };
      const item = this.#tree.create({ parent, name: free, kind: 'file', content: content.hashes, ...media });
      return { item, created: true };
    });
  }

  /** A new content for the file; it stays the same item. */
  setContent(number: ItemNumber, content: NewContent): DriveItem {
    return this.#log.commit(() => {
      const item = this.#tree.must(number);
      if (item.kind !== 'file') throw new DriveFault('not-a-file', `item ${number} is a ${item.kind}`);
      this.#checkRoom(content.hashes.size, item);
      const { media: _old, ...kept } = item;
      const media: Partial<NewItem> = content.media === undefined ? {} : { media: content.media };
      return this.#tree.change(item, { ...kept, ...media, content: content.hashes, ctag: item.ctag + 1 });
    });
  }

  /** New properties; a new name must be free. */
  update(number: ItemNumber, patch: ItemPatch): DriveItem {
    return this.#log.commit(() => {
      if (patch.name !== undefined) return this.move(number, { name: patch.name }, 'fail', patch);
      const item = this.#tree.must(number);
      return this.#tree.change(item, { ...item, ...patch });
    });
  }

  /** To another folder, under another name, or both at once; the item keeps its number. */
  move(
    number: ItemNumber,
    to: { readonly parent?: ItemNumber; readonly name?: string },
    onConflict: OnConflict = 'fail',
    patch: ItemPatch = {},
  ): DriveItem {
    return this.#log.commit(() => {
      const item = this.#tree.must(number);
      if (item.parent === undefined) throw new DriveFault('is-root', "the root can't be moved");
      const parent = to.parent ?? item.parent;
      this.#checkNotInside(number, parent);
      const wish = { conflict: onConflict, kind: item.kind, self: number };
      const name = this.#freeName(parent, to.name ?? item.name, wish);
      const replaced = onConflict === 'replace' ? this.#others(parent, name, number)[0] : undefined;
      if (replaced !== undefined) this.remove(replaced);
      return this.#tree.change(item, { ...item, ...patch, parent, name });
    });
  }

  /** A new file with the content of this one. */
  copy(number: ItemNumber, parent: ItemNumber, options: { name?: string; onConflict?: OnConflict } = {}): DriveItem {
    return this.#log.commit(() => {
      const item = this.#tree.must(number);
      if (item.content === undefined) throw new DriveFault('not-a-file', `item ${number} is a ${item.kind}`);
      const { name = item.name, onConflict = 'fail' } = options;
      this.checkPut(parent, name, onConflict, item.content.size);
      const replaced = onConflict === 'replace' ? this.named(parent, name) : undefined;
      if (replaced?.number === number) throw new DriveFault('name-taken', "a file can't be copied onto itself");
      if (replaced !== undefined) this.remove(replaced.number);
      const copy = this.putFile(parent, name, { hashes: item.content, media: item.media }, onConflict).item;
      return item.description === '' ? copy : this.update(copy.number, { description: item.description });
    });
  }

  /** To the recycle bin, with everything below it. */
  remove(number: ItemNumber): void {
    this.#log.commit(() => {
      const item = this.#tree.must(number);
      if (item.parent === undefined) throw new DriveFault('is-root', "the root can't be removed");
      this.#tree.remove(item);
    });
  }

  /** Back from the recycle bin, with what went there with it; under a number when its name is taken meanwhile. */
  restore(number: ItemNumber): DriveItem {
    return this.#log.commit(() => {
      const item = this.#tree.find(number);
      if (item?.removedWith !== number) throw new DriveFault('missing', `item ${number} is not in the recycle bin`);
      const parent = item.parent !== undefined && this.get(item.parent) !== undefined ? item.parent : rootNumber;
      const name = this.#freeName(parent, item.name, { conflict: 'rename', kind: item.kind });
      return this.#tree.restore(number, parent, name);
    });
  }

  #found(): void {
    this.#tree.create({ parent: undefined, name: 'SkyDrive', kind: 'folder' });
    for (const [role, kind, name] of specialFolders) this.createFolder(rootNumber, name, { kind, role });
  }

  #others(parent: ItemNumber, name: string, self: ItemNumber | undefined): ItemNumber[] {
    return this.#tree.index.named(parent, name).filter((number) => number !== self);
  }

  /** The name under which the item can be in the folder, after the rules for names and the wish about conflicts. */
  #freeName(parent: ItemNumber, wanted: string, wish: NameWish): string {
    const name = trimName(wanted);
    if (!isFolder(this.#tree.must(parent))) throw new DriveFault('not-a-folder', `item ${parent} is no folder`);
    const fault = nameFault(name, wish.kind !== 'file');
    if (fault !== undefined) throw new DriveFault('bad-name', fault);
    const [taken] = this.#others(parent, name, wish.self);
    if (taken === undefined) return name;
    if (wish.conflict === 'rename') return this.#numbered(parent, name);
    const replaceable = wish.conflict === 'replace' && wish.kind === 'file' && this.#tree.must(taken).kind === 'file';
    const twice = wish.conflict === 'fail' && this.#rules().allowDuplicates;
    if (replaceable || twice) return name;
    throw new DriveFault('name-taken', `there is a '${name}' in the folder already`);
  }

  #numbered(parent: ItemNumber, name: string): string {
    for (let number = 1; ; number += 1) {
      const free = numberedName(name, number);
      if (this.#tree.index.named(parent, free).length === 0) return free;
    }
  }

  #checkRoom(size: number, replaced?: DriveItem): void {
    if (size > this.available + (replaced?.content?.size ?? 0)) {
      throw new DriveFault('full', `${size} bytes don't fit in the ${this.available} that are left`);
    }
  }

  #checkNotInside(number: ItemNumber, parent: ItemNumber): void {
    for (let at: ItemNumber | undefined = parent; at !== undefined; at = this.#tree.find(at)?.parent) {
      if (at === number) throw new DriveFault('into-itself', "a folder can't be moved into itself");
    }
  }
}
