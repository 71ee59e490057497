// DOOR to lmdb (and msgpackr): named tables below the account's folder, changed by transactions. A transaction is appended
// to a write-ahead log and seen by everybody at once, which costs microseconds; lmdb gets many of them together, later. (lmdb
// is used by its synchronous calls alone: its writer thread keeps a process from exiting while it has work.)
// Everything durable but the bytes of files goes through here.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RangeOptions, type RootDatabase } from 'lmdb';
import { FsError, messageOf } from '../base/errors.ts';
import { MappedFile } from '../base/mapped-file.ts';
import { checkAccess, tellDamage } from './damage.ts';
import { type Change, type Key, Layer } from './layer.ts';
import { checkCount, isDamage } from './reading.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

const schemaVersion = 1;
/** lmdb gets changes when none have come for so long, milliseconds: whoever makes many is not kept waiting for that. */
const quietMs = 500;
/** But those of so long ago at last, milliseconds. */
const longestMs = 5_000;
/** And so many at once: each costs lmdb some microseconds of our only thread. */
const gatherRows = 4000;
/** More of our memory than this is not left to pages of lmdb's file, bytes. */
const residentLimit = 120 * 2 ** 20;
/** How often that is looked at, milliseconds; and while much goes on, after so many batches and rows read. */
const lookMs = 30_000;
const lookBatches = 4;
const lookReads = 16_384;
/** After lmdb failed (a full disk, say). */
const retryMs = 5_000;

/** Numbers about the store itself, by name; other parts keep their counters there. */
const aboutTable = 'about';
/** The last transaction that is in lmdb. */
const appliedKey = 'applied';

export class StoreError extends Error {
  override readonly name = 'StoreError';
}

export interface Table<K extends Key, V> {
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  remove(key: K): void;
  /** All rows, in no order. What is put or removed meanwhile may or may not be seen. */
  all(): Iterable<{ readonly key: K; readonly value: V }>;
  /** The keys of all rows, in no order: cheap where the values are not wanted. */
  keys(): Iterable<K>;
  /** The rows whose keys have `first` as their first part, in no order. */
  below(first: number): Iterable<{ readonly key: K; readonly value: V }>;
}

export interface Store {
  table<K extends Key, V>(name: string): Table<K, V>;
  /**
   * Runs `work`; all that it puts and removes survives the death of this process, or (when it throws) nothing of it
   * happened. A transaction inside a transaction is part of it. ENOSPC when the disk is full.
   */
  transact<T>(work: () => T): T;
  /** Runs `work` once the running transaction is logged, and not at all if it is undone; now, if none is running. */
  afterCommit(work: () => void): void;
  /** Runs `work` if the running transaction is undone: for what was changed in memory along with it. */
  ifUndone(work: () => void): void;
  /** Called after a transaction was undone, for whoever keeps copies of records. */
  onUndone(listener: () => void): void;
  /** Called once, with a sentence for people, when what is stored turns out to be damaged; whoever reads it gets EIO. */
  onDamage(listener: (message: string) => void): void;
  /** Resolves when all transactions so far are safe from a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const asFsError = (error: unknown): unknown => {
  const isFull = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
  return isFull
    ? new FsError('ENOSPC', 'no space left for the metadata on the disk of the cache', { cause: error })
    : error;
};

/** All of them, whatever one does: each keeps another part of the memory in step with the disk. */
const runAll = (works: readonly (() => void)[]): void => {
  const failures: unknown[] = [];
  for (const work of works) {
    try {
      work();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
};

class LayeredStore implements Store {
  readonly #folder: string;
  readonly #root: RootDatabase;
  readonly #log: WriteAheadLog;
  readonly #file: MappedFile;
  readonly #looking: NodeJS.Timeout;
  #batches = 0;
  #reads = 0;
  readonly #databases = new Map<string, Database<unknown, Key>>();
  readonly #listeners: (() => void)[] = [];
  #damageListeners: ((message: string) => void)[] = [];
  #layer = new Layer();
  #lastNumber: number;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Of the running transaction: what it changed, and what was there before. */
  #running: { readonly change: Change; readonly before: Change | undefined }[] | undefined;
  #committed: (() => void)[] = [];
  #undone: (() => void)[] = [];

  constructor(folder: string) {
    const path = join(folder, 'metadata.mdb');
    this.#folder = folder;
    this.#root = open({ path, noSubdir: true, maxDbs: 16, maxReaders: 16 });
    this.#log = new WriteAheadLog(join(folder, 'changes.log'));
    this.#file = new MappedFile(path);
    this.#lastNumber = (this.#value(this.#database(aboutTable), appliedKey) as number | undefined) ?? 0;
    this.#recover();
    this.#looking = setInterval(() => this.#giveBack(), lookMs).unref();
  }

  table<K extends Key, V>(name: string): Table<K, V> {
    const database = this.#database(name);
    return {
      get: (key) => {
        const change = this.#layer.get(name, key);
        return (change === undefined ? this.#value(database, key) : change.value) as V | undefined;
      },
      put: (key, value) => this.#change({ table: name, key, value }),
      remove: (key) => this.#change({ table: name, key }),
      all: () => this.#rows<K, V>(name),
      keys: () => this.#keys<K>(name),
      below: (first) => this.#rows<K, V>(name, first),
    };
  }

  transact<T>(work: () => T): T {
    if (this.#running !== undefined) return work();
    const result = this.#logged(work);
    const committed = this.#committed;
    this.#committed = [];
    this.#undone = [];
    runAll(committed);
    return result;
  }

  afterCommit(work: () => void): void {
    if (this.#running !== undefined) this.#committed.push(work);
    else work();
  }

  ifUndone(work: () => void): void {
    if (this.#running !== undefined) this.#undone.push(work);
  }

  onUndone(listener: () => void): void {
    this.#listeners.push(listener);
  }

  onDamage(listener: (message: string) => void): void {
    this.#damageListeners.push(listener);
  }

  sync(): Promise<void> {
    return this.#log.sync();
  }

  async close(): Promise<void> {
    this.#move();
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
    this.#log.close();
    this.#isClosed = true;
    await this.#root.close();
  }

  #logged<T>(work: () => T): T {
    this.#running = [];
    try {
      const result = work();
      // A row that was changed again is logged as it is at last.
      const isLast = (change: Change): boolean => this.#layer.get(change.table, change.key) === change;
      const changes = this.#running.map(({ change }) => change).filter(isLast);
      if (changes.length > 0) this.#log.append({ number: this.#lastNumber + 1, changes });
      this.#lastNumber += changes.length > 0 ? 1 : 0;
      this.#running = undefined;
      this.#moveSoon();
      return result;
    } catch (error) {
      const done = this.#running ?? [];
      this.#running = undefined;
      for (const { change, before } of done.reverse()) this.#layer.restore(change, before);
      const undone = this.#undone.reverse();
      this.#committed = [];
      this.#undone = [];
      runAll([...undone, ...this.#listeners]);
      throw asFsError(error);
    }
  }

  #change(change: Change): void {
    if (this.#running !== undefined) this.#running.push({ change, before: this.#layer.set(change) });
    else this.transact(() => this.#change(change));
  }

  *#rows<K, V>(table: string, first?: number): Iterable<{ readonly key: K; readonly value: V }> {
    const layer = this.#layer;
    const changes = layer.changes(table, first);
    const bounds: RangeOptions = first === undefined ? {} : { start: [first, ''], end: [first + 1, ''] };
    for (const { key, value } of this.#stored(table, (database) => database.getRange(bounds), first === undefined))
      if (layer.get(table, key) === undefined) yield { key: key as K, value: value as V };
    for (const { key, value } of changes) if (value !== undefined) yield { key: key as K, value: value as V };
  }

  *#keys<K>(table: string): Iterable<K> {
    const layer = this.#layer;
    const changes = layer.changes(table);
    for (const key of this.#stored(table, (database) => database.getKeys(), true))
      if (layer.get(table, key) === undefined) yield key as K;
    for (const { key, value } of changes) if (value !== undefined) yield key as K;
  }

  #database(name: string): Database<unknown, Key> {
    const known = this.#databases.get(name);
    if (known !== undefined) return known;
    try {
      const opened = this.#root.openDB<unknown, Key>({ name });
      this.#databases.set(name, opened);
      return opened;
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #moveSoon(): void {
    if (this.#layer.size >= gatherRows) this.#move();
    else if (this.#layer.size > 0 && this.#timer === undefined) this.#moveWhenQuiet(performance.now() + longestMs);
  }

  #moveWhenQuiet(latest: number): void {
    const last = this.#lastNumber;
    const look = (): void => {
      if (last === this.#lastNumber || performance.now() >= latest) this.#move();
      else this.#moveWhenQuiet(latest);
    };
    this.#timer = setTimeout(look, quietMs);
  }

  /** Puts what was gathered into lmdb. Only when that is on the disk, the log is cleared. */
  #move(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#layer.size === 0) return;
    try {
      this.#root.transactionSync(() => this.#write());
    } catch (error) {
      // A full disk, say. Nothing is lost: layer and log stay, and are tried again.
      this.#unreadable(error);
      this.#timer = setTimeout(() => this.#move(), retryMs);
      return;
    }
    this.#layer = new Layer();
    this.#log.clear();
    this.#batches += 1;
    if (this.#batches % lookBatches === 0) this.#giveBack();
  }

  #value(database: Database<unknown, Key>, key: Key): unknown {
    this.#reads += 1;
    if (this.#reads % lookReads === 0) this.#giveBack();
    try {
      return database.get(key);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** What lmdb has of a table. `isAll`: all of it, or an error. */
  *#stored<T>(table: string, read: (database: Database<unknown, Key>) => Iterable<T>, isAll: boolean): Iterable<T> {
    const database = this.#database(table);
    const batches = this.#batches;
    let count = 0;
    try {
      for (const row of read(database)) {
        count += 1;
        yield row;
      }
      if (isAll && batches === this.#batches) checkCount(database, count);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** What `error` of lmdb is to whoever meets it. */
  #unreadable(error: unknown): unknown {
    if (this.#isClosed || !isDamage(error)) return error;
    // The view of the file in which an error came up is of no use any more.
    this.#root.resetReadTxn();
    const message = tellDamage(this.#folder, messageOf(error));
    const listeners = this.#damageListeners;
    this.#damageListeners = [];
    for (const tell of listeners) tell(message);
    return new FsError('EIO', message, { cause: error });
  }

  /** Reading lmdb's file leaves all of it resident in the end. */
  #giveBack(): void {
    if (process.memoryUsage.rss() > residentLimit) this.#file.giveBack();
  }

  #write(): void {
    const done = (change: Change): unknown =>
      change.value === undefined
        ? this.#database(change.table).remove(change.key)
        : this.#database(change.table).put(change.key, change.value);
    for (const change of this.#layer.all()) void done(change);
    void this.#database(aboutTable).put(appliedKey, this.#lastNumber);
  }

  /** Takes up what a run left in the log that ended without `close`. */
  #recover(): void {
    const left = this.#log.read().filter(({ number }) => number > this.#lastNumber);
    // What came between is lost with the metadata that this log belonged to: without it, these changes make no sense.
    if (left[0] !== undefined && left[0].number !== this.#lastNumber + 1) {
      this.#log.setAside();
      return;
    }
    for (const { number, changes } of left) {
      for (const change of changes) this.#layer.set(change);
      this.#lastNumber = number;
    }
    if (left.length > 0) this.#root.transactionSync(() => this.#write());
    this.#layer = new Layer();
    this.#log.clear();
  }
}

/**
 * Opens (or makes) the store in `folder`. A StoreError if a newer version of the program wrote it, or if it cannot be
 * opened at all (an Error of checkAccess if its files may not be used); EIO if what it holds makes no sense.
 */
export const openStore = (folder: string): Store => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let store: Store;
  checkAccess(folder);
  try {
    store = new LayeredStore(folder);
  } catch (error) {
    if (error instanceof FsError) throw error;
    const why = messageOf(error);
    const message = isDamage(error) ? tellDamage(folder, why) : `the metadata in ${folder} cannot be opened: ${why}`;
    throw new StoreError(message, { cause: error });
  }
  const about = store.table<string, number>(aboutTable);
  const found = about.get('schema');
  if (found === undefined) about.put('schema', schemaVersion);
  else if (found !== schemaVersion)
    throw new StoreError(
      `the metadata in ${folder} has format ${found}, this program knows ${schemaVersion}: use the program that wrote it`,
    );
  return store;
};
