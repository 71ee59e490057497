// All contents on this disk: which files they are in, who uses them, and how much space they may take. Invariant: a content
// that is dirty or in use is never evicted; the budget is kept when space is taken, not by a sweep.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { neverAborted } from '../base/abortable.ts';
import type { Clock } from '../base/clock.ts';
import { FsError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Ranges } from '../base/ranges.ts';
import type { Drive, Item } from '../drive/drive.ts';
import type { Store, Table } from '../store/store.ts';
import { ContentFile, type ContentHost } from './content-file.ts';
import { contentPath, nextContentId } from './content-path.ts';
import type { ContentId, ContentRecord } from './content-record.ts';
import { DiskRoom } from './disk-room.ts';
import { moveToLostFound } from './lost-found.ts';
import { Reservations } from './reservations.ts';
import { SpareContents } from './spare-contents.ts';
import { Verification } from './verification.ts';

export interface ContentsOptions {
  readonly folder: string;
  /** Bytes that cached contents may take in all. */
  readonly budget: number;
  readonly drive: Drive;
  readonly clock: Clock;
  readonly log: Log;
  /** The node's content becomes ahead of the drive. Called inside the transaction that marks it. */
  readonly becameDirty: (node: number) => void;
  /** Whether the drive has room for so many bytes more than it has now; without it, it has. */
  readonly hasRoom?: (bytes: number) => boolean;
  /** So many bytes more are on the drive now. */
  readonly spent?: (bytes: number) => void;
  /** The node's content stays on this disk as long as this says so. */
  readonly isPinned: (node: number) => boolean;
  /** The drive no longer has the version that `file` is of. True if `file` now follows the new one. */
  readonly versionGone: (file: ContentFile) => Promise<boolean>;
  /** The bytes of the content are not those that the drive has: whoever opens the node next gets them anew. */
  readonly damaged: (file: ContentFile) => void;
}

/** How long after its last change a record in use is saved, so that a crash loses little. */
const saveDelayMs = 500;

/** What is written into something larger is completed when it is sent, bytes. */
const promptBaseLimit = 64 << 20;

/** A file that is the one of no content. */
interface Stray {
  readonly path: string;
  /** What it is called. */
  readonly id: ContentId;
}

/** Codes of a file that is there and cannot be opened, whatever else is well. */
const unusable: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ELOOP', 'EIO', 'EUCLEAN']);

const unreadable = (cause: unknown): FsError =>
  new FsError('EIO', `unsent bytes of a file cannot be read: ${messageOf(cause)}`, { cause });

interface InUse {
  readonly file: ContentFile;
  users: number;
  /** Unlinked or replaced: ends with its last user. */
  retired: boolean;
}

const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
};

export class Contents {
  readonly #store: Store;
  readonly #options: ContentsOptions;
  readonly #records: Table<ContentId, ContentRecord>;
  readonly #about: Table<string, number>;
  readonly #inUse = new Map<ContentId, InUse>();
  readonly #spare: SpareContents;
  readonly #reservations = new Reservations();
  readonly #host: ContentHost;
  readonly #room: DiskRoom;
  readonly #unsaved = new Set<ContentFile>();
  readonly #verification: Verification;
  /** Uses of contents that did not change; worth noting at the end, not a transaction each. */
  readonly #usedAt = new Map<ContentId, number>();
  #saveTimer: NodeJS.Timeout | undefined;
  #bytesInUse = 0;

  constructor(store: Store, options: ContentsOptions) {
    this.#store = store;
    this.#options = options;
    this.#records = store.table('contents');
    this.#about = store.table('about');
    this.#room = new DiskRoom(dirname(options.folder));
    this.#spare = new SpareContents((id) => this.#isPinned(id));
    this.#verification = new Verification(options.log);
    this.#host = {
      drive: options.drive,
      bootId: bootId(),
      becomesDirty: (file) => this.#becomesDirty(file),
      grew: (bytes) => this.#grew(bytes),
      claim: (bytes) => this.#claim(bytes),
      makeRoom: (bytes) => this.#evict(bytes) > 0,
      mayGrow: (file, bytes) => this.mayGrow(file, bytes),
      sized: (file) => this.#sized(file),
      fetched: (file) => this.#fetched(file),
      versionGone: (file) => options.versionGone(file),
    };
    this.#recover();
  }

  /** Bytes of cached and unsent contents on this disk. */
  get bytes(): number {
    return this.#bytesInUse + this.#spare.bytes;
  }

  /** Bytes of unsent contents that the drive does not hold yet. */
  get reservedBytes(): number {
    return this.#reservations.total;
  }

  /** What would be reserved in all if the content grew to `size`. */
  reservedWith(file: ContentFile, size: number): number {
    return this.#reservations.total + file.growthTo(size) - this.#reservations.of(file.id);
  }

  /** A new content for `node`: empty and unsent, or (with `item`) to be filled from the drive. */
  create(node: number, item?: Item): ContentId {
    return this.#store.transact(() => {
      const id = nextContentId(this.#about.get('last-content') ?? 0);
      this.#about.put('last-content', id);
      const source =
        item === undefined ? { size: 0, dirty: true } : { size: item.size, dirty: false, base: baseOf(item) };
      const file = { savedIn: this.#host.bootId, fileTime: 0 };
      this.#records.put(id, { node, present: [], holes: [], used: this.#options.clock.now(), ...file, ...source });
      return id;
    });
  }

  /** Use of a content; every `open` needs its `close`. */
  open(id: ContentId): ContentFile {
    const found = this.#inUse.get(id);
    if (found !== undefined) {
      found.users += 1;
      return found.file;
    }
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`content ${id} is not on this disk`);
    const file = this.#opened(id, record);
    this.#inUse.set(id, { file, users: 1, retired: false });
    this.#spare.remove(id);
    // Unsent bytes are counted all the time, used or not.
    if (!record.dirty) this.#bytesInUse += file.heldBytes;
    return file;
  }

  /** What the drive has is not lost with a file that cannot be opened. */
  #opened(id: ContentId, record: ContentRecord): ContentFile {
    const path = this.#path(id);
    try {
      return new ContentFile(id, path, record, this.#host);
    } catch (error) {
      if (error instanceof FsError || !unusable.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      if (record.dirty) throw unreadable(error);
      this.#options.log.warn(`what was cached in ${path} is fetched again`, error);
      rmSync(path);
      return new ContentFile(id, path, { ...record, present: [], holes: [] }, this.#host);
    }
  }

  /** The content, if there is one and somebody uses it now. */
  used(id: ContentId | undefined): ContentFile | undefined {
    return id === undefined ? undefined : this.#inUse.get(id)?.file;
  }

  close(file: ContentFile): void {
    const use = this.#inUse.get(file.id);
    if (use === undefined) return;
    use.users -= 1;
    if (use.users > 0) return;
    if (use.retired || !file.isDirty) this.#bytesInUse -= file.heldBytes;
    this.#inUse.delete(file.id);
    this.#unsaved.delete(file);
    try {
      if (use.retired) this.#remove(file.id);
      else if (!file.isSaved) this.#put(file);
      else this.#usedAt.set(file.id, this.#options.clock.now());
    } catch (error) {
      this.#options.log.warn(`the state of content ${file.id} could not be noted`, error);
    }
    file.close();
    if (!use.retired && !file.isDirty) this.#spare.add(file.id, file.heldBytes);
  }

  /** Makes what is known of the content durable, in the running transaction if there is one. */
  save(file: ContentFile): void {
    this.#unsaved.delete(file);
    if (this.#inUse.get(file.id)?.retired === false) this.#put(file);
  }

  record(id: ContentId): ContentRecord | undefined {
    return this.used(id)?.record(this.#options.clock.now()) ?? this.#records.get(id);
  }

  /** Nobody needs it any more once its users are gone. */
  retire(id: ContentId): void {
    const use = this.#inUse.get(id);
    if (use !== undefined) {
      const before = use.retired;
      use.retired = true;
      this.#sized(use.file);
      this.#store.ifUndone(() => {
        use.retired = before;
        this.#sized(use.file);
      });
      return;
    }
    const record = this.#records.get(id);
    this.#remove(id);
    if (record?.dirty)
      this.#store.afterCommit(() => {
        this.#reservations.set(id, 0);
        this.#bytesInUse -= heldBytes(record);
      });
  }

  /** For the start: unsent bytes that no file is known of any more go where somebody can find them. */
  setAside(id: ContentId): void {
    const path = this.#path(id);
    if (existsSync(path) && statSync(path).size > 0) this.#keepStrays([{ path, id }]);
    this.retire(id);
  }

  /** Contents with unsent bytes; for the start, when nothing is in use. */
  *dirty(): Iterable<readonly [ContentId, ContentRecord]> {
    for (const { key, value } of this.#records.all()) if (value.dirty) yield [key, value];
  }

  /** Whether the bytes were still on their way to the disk when the power failed. */
  isSuspect(record: ContentRecord): boolean {
    return record.unsyncedIn !== undefined && record.unsyncedIn !== this.#host.bootId;
  }

  /** Saves everything, safe from a power cut; no content may be used afterwards. Never rejects: a full disk must not keep a drive open. */
  async closeAll(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#verification.close();
    for (const { file } of this.#inUse.values()) {
      this.#noteAtLast(`the last state of content ${file.id}`, () => {
        file.noticeOthers();
        this.save(file);
      });
    }
    for (const { file } of this.#inUse.values()) file.close();
    this.#inUse.clear();
    this.#noteAtLast('when contents were used', () => this.#noteUses());
    await this.#syncAll();
  }

  #noteAtLast(what: string, work: () => void): void {
    try {
      this.#store.transact(work);
    } catch (error) {
      this.#options.log.warn(`${what} could not be noted`, error);
    }
  }

  #noteUses(): void {
    for (const [id, used] of this.#usedAt) {
      const record = this.#records.get(id);
      if (record !== undefined) this.#records.put(id, { ...record, used });
    }
  }

  async #syncAll(): Promise<void> {
    const synced: (readonly [ContentId, ContentRecord])[] = [];
    for (const { key, value } of [...this.#records.all()]) {
      if (value.unsyncedIn === undefined || this.isSuspect(value)) continue;
      const { unsyncedIn: _, ...record } = value;
      if (await syncFile(this.#path(key))) synced.push([key, record]);
    }
    this.#noteAtLast('what is safe from a power cut', () => {
      for (const [id, record] of synced) this.#records.put(id, record);
    });
  }

  #path(id: ContentId): string {
    return contentPath(this.#options.folder, id);
  }

  #put(file: ContentFile): void {
    this.#usedAt.delete(file.id);
    this.#store.transact(() => {
      this.#store.ifUndone(() => file.notSaved());
      this.#records.put(file.id, file.toSave(this.#options.clock.now()));
      this.#store.afterCommit(() => file.trim());
    });
  }

  #becomesDirty(file: ContentFile): void {
    this.#store.transact(() => {
      this.#put(file);
      this.#options.becameDirty(file.node);
      this.#store.afterCommit(() => this.#bringBase(file));
    });
  }

  /**
   * The bytes below those that were written are needed before all can be sent, and can be had only until somebody else replaces
   * them on the drive: they are fetched at once, unless they are many.
   */
  #bringBase(file: ContentFile): void {
    queueMicrotask(() => {
      if (this.used(file.id) !== file || file.isComplete || file.size > promptBaseLimit) return;
      this.open(file.id);
      const bringing = file.ensure(0, file.size, neverAborted());
      // Whoever sends the content tries again, and says what is wrong.
      void bringing.catch(() => {}).finally(() => this.close(file));
    });
  }

  #claim(bytes: number): boolean {
    // What is given up may have to make up for the reserve first, which others have taken.
    while (!this.#room.take(bytes)) if (this.#evict(bytes) === 0) return false;
    return true;
  }

  mayGrow(file: ContentFile, size: number): boolean {
    if (this.#inUse.get(file.id)?.retired === true) return true;
    const needed = this.reservedWith(file, size);
    return needed <= this.#reservations.total || (this.#options.hasRoom?.(needed) ?? true);
  }

  #sized(file: ContentFile): void {
    const isToBeSent = file.isDirty && this.#inUse.get(file.id)?.retired !== true;
    const before = this.#reservations.of(file.id);
    this.#reservations.set(file.id, isToBeSent ? file.growthTo(file.size) : 0);
    if (!file.isDirty && before > 0) this.#options.spent?.(before);
  }

  #grew(bytes: number): void {
    this.#bytesInUse += bytes;
    this.#keepBudget();
  }

  /** Pins may have been removed. */
  reconsider(): void {
    if (this.#spare.reconsider()) this.#keepBudget();
  }

  #isPinned(id: ContentId): boolean {
    const record = this.#records.get(id);
    return record !== undefined && this.#options.isPinned(record.node);
  }

  /** What is pinned does not count: else nothing but that could be kept. */
  #keepBudget(): void {
    const over = this.bytes - this.#spare.pinnedBytes - this.#options.budget;
    if (over > 0) this.#evict(over);
  }

  /** Takes the least recently used away until `bytes` are free; says how many became free. */
  #evict(bytes: number): number {
    let freed = 0;
    while (freed < bytes) {
      const least = this.#spare.takeLeastUsed();
      if (least === undefined) break;
      const { id, bytes: held } = least;
      freed += held;
      // The bytes first: with a full disk there may be no space to note it, and a record without bytes is harmless.
      rmSync(this.#path(id), { force: true });
      this.#room.freed();
      try {
        this.#records.remove(id);
      } catch (error) {
        this.#options.log.warn(`content ${id} was given up, which could not be noted`, error);
      }
    }
    return freed;
  }

  #remove(id: ContentId): void {
    this.#store.transact(() => {
      this.#records.remove(id);
      this.#store.afterCommit(() => {
        this.#spare.remove(id);
        rmSync(this.#path(id), { force: true });
        this.#room.freed();
      });
    });
  }

  /** A cached byte that is lost can be fetched again. One below unsent bytes cannot, once somebody else replaced it on the drive. */
  #fetched(file: ContentFile): void {
    this.#unsaved.add(file);
    if (file.isComplete && !file.isDirty) void this.#verify(file);
    if (file.isComplete && file.isDirty) this.#saveUnsaved();
    else this.#saveTimer ??= setTimeout(() => this.#saveUnsaved(), saveDelayMs);
  }

  async #verify(file: ContentFile): Promise<void> {
    if (this.used(file.id) !== file) return;
    this.open(file.id);
    const isGood = await this.#verification.passes(file);
    if (!isGood && this.#inUse.get(file.id)?.retired === false) this.#options.damaged(file);
    this.close(file);
  }

  #saveUnsaved(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    try {
      this.#store.transact(() => {
        for (const file of [...this.#unsaved]) this.save(file);
      });
    } catch (error) {
      this.#options.log.warn('what was fetched could not be noted, and may be fetched again', error);
    }
  }

  #recover(): void {
    const cached: { readonly id: ContentId; readonly record: ContentRecord }[] = [];
    for (const { key, value } of this.#records.all()) {
      if (value.dirty) {
        this.#bytesInUse += heldBytes(value);
        this.#reservations.set(key, Math.max(0, value.size - (value.onDrive ?? value.base?.item.size ?? 0)));
      } else cached.push({ id: key, record: value });
    }
    this.#removeStrays();
    cached.sort((a, b) => a.record.used - b.record.used);
    this.#store.transact(() => {
      for (const { id, record } of cached) {
        if (this.isSuspect(record)) this.#remove(id);
        else this.#spare.add(id, heldBytes(record));
      }
    });
    this.#keepBudget();
  }

  /**
   * Files of contents that were being removed when the last run ended. One of a number that was never given comes from metadata
   * that were lost: its bytes may be nowhere else. Nor was one in another's place put there by us.
   */
  #removeStrays(): void {
    const { folder } = this.#options;
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isDirectory())
      throw new FsError('ENOTDIR', `${folder} is not a folder: "skydrive check --repair" moves it to lost+found`);
    const strays = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\/\d+$/.test(name))
      .map((name) => ({ path: join(folder, name), id: Number(basename(name)) }))
      .filter(({ path, id }) => path !== this.#path(id) || this.#records.get(id) === undefined);
    const last = this.#about.get('last-content') ?? 0;
    const isRemoved = ({ path, id }: Stray): boolean => path === this.#path(id) && id <= last;
    for (const { path } of strays.filter(isRemoved)) rmSync(path, { force: true });
    this.#keepStrays(strays.filter((stray) => !isRemoved(stray)));
  }

  #keepStrays(strays: readonly Stray[]): void {
    if (strays.length === 0) return;
    const account = dirname(this.#options.folder);
    for (const { path, id } of strays) moveToLostFound(account, path, `content-${id}-${this.#options.clock.now()}`);
    const bytes =
      strays.length === 1 ? 'bytes that no file is known of are' : `bytes of ${strays.length} unknown files are`;
    this.#options.log.warn(`${bytes} in ${join(account, 'lost+found')}`);
  }
}

const baseOf = (item: Item): { readonly item: Item; readonly upTo: number } => ({ item, upTo: item.size });

const syncFile = async (path: string): Promise<boolean> => {
  try {
    await using file = await open(path, 'r+');
    await file.datasync();
    return true;
  } catch {
    return false;
  }
};

const heldBytes = ({ present, holes }: ContentRecord): number => Ranges.from(present).size - Ranges.from(holes).size;
