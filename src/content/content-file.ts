// One content while it is in use: which of its bytes are in its file on this disk, and where the others come from.
// Everything but the waiting for missing bytes is synchronous, so that no call sees another half done. Shared by all
// handles of a node; Contents makes and ends it.
import { abortable } from '../base/abortable.ts';
import { FsError } from '../base/errors.ts';
import { Ranges } from '../base/ranges.ts';
import type { Drive, Item } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { Base, ContentId, ContentRecord } from './content-record.ts';
import { Fetcher, partSize } from './fetcher.ts';
import type { FrozenContent } from './frozen-content.ts';
import type { ReadWindow } from './read-window.ts';
import { diskFull, StagedFile } from './staged-file.ts';

const ended = (id: ContentId): FsError => new FsError('EBADF', `content ${id} is closed`);

/** What a content needs of its surroundings. */
export interface ContentHost {
  readonly drive: Drive;
  readonly bootId: string;
  /** The first byte that the drive does not have is about to be written: make that durable. */
  becomesDirty(file: ContentFile): void;
  /** Bytes were added to the disk, or (negative) taken from it. */
  grew(bytes: number): void;
  /** Bytes are about to take space on the disk. False if there is none for them, also after evicting. */
  claim(bytes: number): boolean;
  /** The disk is full all the same: free some of it. False if nothing could be freed. */
  makeRoom(bytes: number): boolean;
  /** Whether the drive has room for the content if it grows to `size`. */
  mayGrow(file: ContentFile, size: number): boolean;
  /** Its size, or whether the drive has it, is another now. */
  sized(file: ContentFile): void;
  /** More of the content has arrived; the record is worth saving. */
  fetched(file: ContentFile): void;
  /** The drive has another version than the one wanted. True if `file` was moved on to it. */
  versionGone(file: ContentFile): Promise<boolean>;
}

export class ContentFile {
  readonly id: ContentId;
  readonly node: number;
  readonly #file: StagedFile;
  readonly #host: ContentHost;
  #size: number;
  #base: Base | undefined;
  #present: Ranges;
  #holes: Ranges;
  #dirty: boolean;
  #onDrive: number;
  #unsynced: boolean;
  #generation = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  #isSaved = true;
  #isClosed = false;
  /** The file may still hold bytes behind the end of the content. */
  #isTooLong = false;
  #fetcher: Fetcher | undefined;

  constructor(id: ContentId, path: string, record: ContentRecord, host: ContentHost) {
    this.id = id;
    this.node = record.node;
    this.#host = host;
    this.#file = new StagedFile(path, (bytes) => host.makeRoom(bytes));
    this.#size = record.size;
    this.#base = record.base;
    this.#dirty = record.dirty;
    this.#onDrive = record.onDrive ?? record.base?.item.size ?? 0;
    this.#unsynced = record.unsyncedIn !== undefined;
    this.#present = Ranges.from(record.present);
    this.#holes = Ranges.from(record.holes);
    this.#checkFile(record);
  }

  get size(): number {
    return this.#size;
  }

  get isDirty(): boolean {
    return this.#dirty;
  }

  /** Bytes more than the drive has now that it will have to hold, if this is to get there. */
  growthTo(size: number): number {
    return Math.max(0, size - this.#onDrive);
  }

  /** Counts changes of the content; whoever sends it compares before and after. */
  get generation(): number {
    return this.#generation;
  }

  /** When the content last changed here, milliseconds of performance.now(). */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Bytes that take space on this disk. */
  get heldBytes(): number {
    return this.#present.size - this.#holes.size;
  }

  /** Bytes that nobody ever wrote, and that take no space. */
  get holeBytes(): number {
    return this.#holes.size;
  }

  get item(): Item | undefined {
    return this.#base?.item;
  }

  /** Whether the record that was saved last still tells everything. */
  get isSaved(): boolean {
    return this.#isSaved;
  }

  /** The record, to be saved now. */
  toSave(used: number): ContentRecord {
    this.#isSaved = true;
    return this.record(used);
  }

  /**
   * What `toSave` gave is durable: bytes behind the end can go. Not before, because the record that is there until then still
   * counts them, and a process that is killed in between would leave a content that lacks bytes.
   */
  trim(): void {
    if (!this.#isTooLong || this.#isClosed) return;
    this.#isTooLong = false;
    this.#file.cut(this.#size);
    this.#file.noteOurs();
  }

  /** What `toSave` gave was not saved after all. */
  notSaved(): void {
    this.#isSaved = false;
  }

  record(used: number): ContentRecord {
    return {
      ...{ node: this.node, size: this.#size, dirty: this.#dirty, used },
      ...{ present: this.#present.toPairs(), holes: this.#holes.toPairs() },
      ...(this.#base === undefined ? {} : { base: this.#base }),
      ...(this.#onDrive === 0 ? {} : { onDrive: this.#onDrive }),
      ...(this.#unsynced ? { unsyncedIn: this.#host.bootId } : {}),
      ...{ savedIn: this.#host.bootId, fileTime: this.#file.stat().mtimeMs },
    };
  }

  /** Fewer bytes than asked for only at the end of the content. */
  async read(offset: number, length: number, signal: AbortSignal, window?: ReadWindow): Promise<Uint8Array> {
    let end = Math.min(offset + length, this.#size);
    if (offset >= end) return new Uint8Array(0);
    const ahead = window?.take(offset, end - offset) ?? end - offset;
    if (window !== undefined && this.#present.covers(offset, end)) this.#readAhead(end, offset + ahead);
    while (!this.#present.covers(offset, end)) {
      const coming = this.ensure(offset, end, signal, Math.min(ahead, partSize));
      if (window !== undefined) this.#readAhead(end, offset + ahead);
      await coming;
      // It may be another size by now.
      end = Math.min(offset + length, this.#size);
    }
    if (this.#isClosed) throw ended(this.id);
    return this.#file.read(offset, end - offset);
  }

  /** All of `data`, or ENOSPC (of the drive, or of the cache's disk) with nothing of it counted. */
  write(offset: number, data: Uint8Array): void {
    if (data.length === 0) return;
    const end = offset + data.length;
    this.#checkGrowth(end);
    this.#claim(offset, end);
    this.#change();
    if (offset > this.#size) this.#file.cut(this.#size);
    this.#file.keepFrozen(offset, end);
    this.#file.write(offset, data);
    this.#counted(() => {
      if (offset > this.#size) this.#addHole(this.#size, offset);
      this.#present = this.#present.add(offset, end);
      if (this.#holes.list.length > 0) this.#holes = this.#holes.remove(offset, end);
      this.#size = Math.max(this.#size, end);
    });
    this.#file.noteOurs();
  }

  truncate(size: number): void {
    if (size === this.#size) return;
    this.#checkGrowth(size);
    this.#change();
    this.#file.keepFrozen(size, this.#size);
    this.#counted(() => {
      if (size > this.#size) {
        this.#file.cut(this.#size);
        this.#addHole(this.#size, size);
        this.#file.lengthen(size);
      } else this.#cutTo(size);
      this.#size = size;
    });
    this.#file.noteOurs();
  }

  /** The descriptor, for others to read from while the content is open; undefined while bytes are missing. */
  handOut(): number | undefined {
    return this.isComplete ? this.#file.handOut(this.#size) : undefined;
  }

  get isHandedOut(): boolean {
    return this.#file.isHandedOut;
  }

  /**
   * Looks whether somebody wrote to the file itself, as programs can that mapped it into memory while it was handed out:
   * then the content has changed, and the answer is true.
   */
  noticeOthers(): boolean {
    if (this.#isClosed || !this.#file.takeOthers()) return false;
    this.#change();
    // Where they wrote is not known: nothing is a hole any more.
    this.#counted(() => {
      this.#holes = Ranges.empty;
    });
    return true;
  }

  /** Zeros from `start` to `end`, told as a hole; within the size. */
  punch(start: number, end: number): void {
    const stop = Math.min(end, this.#size);
    if (start >= stop) return;
    this.#change();
    this.#file.keepFrozen(start, stop);
    this.#file.writeZeros(start, stop);
    this.#counted(() => this.#addHole(start, stop));
    this.#file.noteOurs();
  }

  /** The next position at or behind `offset` that is data (or a hole); the size for a hole behind all data. */
  seek(offset: number, whence: 'data' | 'hole'): number {
    if (offset >= this.#size) throw new FsError('ENXIO', `position ${offset} is behind the end`);
    const hole = this.#holes.list.find((range) => range.end > offset);
    if (whence === 'hole') return hole === undefined ? this.#size : Math.max(offset, hole.start);
    const position = hole === undefined || hole.start > offset ? offset : hole.end;
    if (position >= this.#size) throw new FsError('ENXIO', `no data behind position ${offset}`);
    return position;
  }

  /** Resolves when the bytes from `start` to `end` are on this disk. Rejects with the drive's error, or ENOSPC. */
  async ensure(start: number, end: number, signal: AbortSignal, ahead = end - start): Promise<void> {
    for (let gap = this.#missing(start, end); gap !== undefined; gap = this.#missing(start, end)) {
      const stop = this.#missing(gap.start, gap.start + Math.max(ahead, gap.end - gap.start))?.end ?? gap.end;
      const fetcher = this.#fetching();
      const bringing = fetcher.bring(gap, { start: gap.start, end: stop });
      await abortable(bringing, signal).catch((error: unknown) => this.#mend(error, fetcher, signal));
    }
  }

  #readAhead(start: number, until: number): void {
    const end = Math.min(until, this.#base?.upTo ?? 0);
    const missing = this.#present.gaps(start, end);
    if (missing.length > 0 && !this.#isClosed) this.#fetching().readAhead(missing, end === until ? end : -1);
  }

  /** Throws what kept the bytes from coming, unless they may come in another way now. */
  async #mend(error: unknown, fetcher: Fetcher, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw error;
    // It was ended because the content is another by now: what is missing may be, too.
    if (fetcher !== this.#fetcher) return;
    const isGone = error instanceof DriveError && error.fault === 'changed';
    const movedOn = isGone && (await this.#host.versionGone(this));
    // Another reader may have moved it on meanwhile.
    if (!movedOn && fetcher === this.#fetcher) throw error;
  }

  /** Names the bytes as they are now, also over restarts: differs after any write. */
  get fingerprint(): string {
    return `${this.id}:${this.#size}:${this.#file.changedAtNs}`;
  }

  /** All bytes are on this disk: nothing is needed from the drive. */
  get isComplete(): boolean {
    return this.#missing(0, this.#size) === undefined;
  }

  /** The bytes are safe from a power cut when this resolves. */
  async sync(): Promise<void> {
    const generation = this.#generation;
    const present = this.#present;
    await this.#file.sync();
    if (!this.#unsynced || generation !== this.#generation || present !== this.#present) return;
    this.#unsynced = false;
    this.#isSaved = false;
  }

  /** The drive holds exactly these bytes now, as this version of this item. Returns what takes that back. */
  confirm(item: Item): () => void {
    const before = { base: this.#base, dirty: this.#dirty, onDrive: this.#onDrive };
    this.#stopFetching();
    this.#dirty = false;
    this.#isSaved = false;
    this.#base = { item, upTo: this.#size };
    this.#onDrive = item.size;
    this.#host.sized(this);
    return () => {
      this.#dirty = before.dirty;
      this.#base = before.base;
      this.#onDrive = before.onDrive;
      this.#host.sized(this);
    };
  }

  /** The bytes are to reach the drive as another item's: nothing there counts as theirs. */
  markDirty(): void {
    this.#change();
  }

  /** Nothing was written, and nothing has come of what it is to hold: all of its item's content, as another's if `isDirty`. */
  get isYetToCome(): boolean {
    return this.#present.size === 0 && this.#size > 0 && this.#size === this.#base?.item.size;
  }

  /** Nothing was read of the old version yet: read this one instead. */
  moveOn(item: Item): boolean {
    if (this.#present.size > 0 || (this.#dirty && !this.isYetToCome)) return false;
    this.#stopFetching();
    this.#base = { item, upTo: item.size };
    this.#onDrive = item.size;
    this.#size = item.size;
    this.#isSaved = false;
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#stopFetching();
    this.#file.close();
  }

  /** The first range within [start, end) that has to come from the drive. */
  #missing(start: number, end: number): { readonly start: number; readonly end: number } | undefined {
    return this.#present.gaps(start, Math.min(end, this.#base?.upTo ?? 0))[0];
  }

  #fetching(): Fetcher {
    if (this.#isClosed) throw ended(this.id);
    if (this.#base === undefined) throw new FsError('EIO', `content ${this.id} has a gap and nothing to fill it from`);
    this.#fetcher ??= new Fetcher(this.#host.drive, this.#base.item, (offset, piece) => this.#arrived(offset, piece));
    return this.#fetcher;
  }

  #stopFetching(): void {
    this.#fetcher?.stop();
    this.#fetcher = undefined;
  }

  /** Local writes win over what arrives later, and bytes behind a truncation are not wanted any more. */
  #arrived(offset: number, piece: Uint8Array): void {
    const end = Math.min(offset + piece.length, this.#base?.upTo ?? 0);
    const gaps = this.#present.gaps(offset, end);
    if (gaps.length === 0) return;
    for (const gap of gaps) {
      this.#claim(gap.start, gap.end);
      this.#file.write(gap.start, piece.subarray(gap.start - offset, gap.end - offset));
      this.#counted(() => {
        this.#present = this.#present.add(gap.start, gap.end);
      });
    }
    this.#unsynced = true;
    this.#isSaved = false;
    this.#host.fetched(this);
  }

  #change(): void {
    if (this.#isClosed) throw ended(this.id);
    this.#unsynced = true;
    if (!this.#dirty) this.#becomeDirty();
    this.#isSaved = false;
    this.#generation += 1;
    this.#changedAt = performance.now();
  }

  /** Runs a change of what is on this disk, and tells by how much that grew. */
  #counted(change: () => void): void {
    const before = this.heldBytes;
    change();
    this.#isSaved = false;
    const grown = this.heldBytes - before;
    if (grown !== 0) this.#host.grew(grown);
    if (this.#dirty) this.#host.sized(this);
  }

  #becomeDirty(): void {
    this.#dirty = true;
    try {
      this.#host.becomesDirty(this);
    } catch (error) {
      this.#dirty = false;
      throw error;
    }
  }

  /** The state that the content has now, for as long as that is needed; all bytes have to be on this disk. */
  freeze(): FrozenContent {
    return this.#file.freeze(this.#size);
  }

  #addHole(start: number, end: number): void {
    this.#present = this.#present.add(start, end);
    this.#holes = this.#holes.add(start, end);
  }

  #cutTo(size: number): void {
    this.#present = this.#present.remove(size, Number.MAX_SAFE_INTEGER);
    this.#holes = this.#holes.remove(size, Number.MAX_SAFE_INTEGER);
    this.#isTooLong = true;
    if (this.#base !== undefined && this.#base.upTo > size) this.#base = { item: this.#base.item, upTo: size };
    if (size === 0) {
      this.#stopFetching();
      this.#base = undefined;
    }
  }

  #checkGrowth(size: number): void {
    if (size > this.#size && !this.#host.mayGrow(this, size))
      throw new FsError('ENOSPC', 'the drive has no room for what is written');
  }

  #claim(start: number, end: number): void {
    const fresh = this.#present.gaps(start, end).reduce((sum, gap) => sum + gap.end - gap.start, 0);
    if (fresh > 0 && !this.#host.claim(fresh)) throw diskFull();
  }

  /** The file may have been damaged behind our back: what is not there was not kept. */
  #checkFile(record: ContentRecord): void {
    if (this.#present.size === 0) return;
    const needed = this.#present.without(this.#holes).list.at(-1)?.end ?? 0;
    const { path } = this.#file;
    const { size, mtimeMs } = this.#file.stat();
    // What was noted last before a power cut may be older than what is in the file.
    const isNoted = record.savedIn === this.#host.bootId || record.fileTime === mtimeMs || this.#dirty;
    if (size >= needed && isNoted) return;
    if (this.#dirty) {
      this.#file.close();
      throw new FsError('EIO', `${path} is shorter than it was: unsent bytes of a file are lost`);
    }
    this.#present = Ranges.empty;
    this.#holes = Ranges.empty;
    this.#isSaved = false;
  }
}
