// DOOR to lmdb: named tables in one memory-mapped file below the account's folder, changed by transactions that are on the
// disk when they return. Owned by mount.ts's composition; everything durable but the bytes of files goes through here.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import { FsError } from '../base/errors.ts';

const schemaVersion = 1;

export class StoreError extends Error {
  override readonly name = 'StoreError';
}

export interface Table<K extends Key, V> {
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  remove(key: K): void;
  /** Entries with from <= key < to, in order of their keys. What is put or removed meanwhile may or may not be seen. */
  range(bounds?: { readonly from?: K; readonly to?: K }): Iterable<{ readonly key: K; readonly value: V }>;
  count(): number;
}

export interface Store {
  table<K extends Key, V>(name: string): Table<K, V>;
  /**
   * Runs `work`; all that it puts and removes becomes durable together, or (when it throws) not at all. A transaction
   * inside a transaction is part of it. ENOSPC when the disk is full.
   */
  transact<T>(work: () => T): T;
  /** Runs `work` once the running transaction is on the disk, and not at all if it is undone; now, if none is running. */
  afterCommit(work: () => void): void;
  /** Called after a transaction was undone, for whoever keeps copies of records. */
  onUndone(listener: () => void): void;
  close(): Promise<void>;
}

const asFsError = (error: unknown): unknown => {
  const text = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | undefined)?.code;
  const isFull = code === 28 || code === 'ENOSPC' || /No space left|MDB_MAP_FULL/.test(text);
  return isFull
    ? new FsError('ENOSPC', 'no space left for the metadata on the disk of the cache', { cause: error })
    : error;
};

class LmdbStore implements Store {
  readonly #root: RootDatabase;
  readonly #listeners: (() => void)[] = [];
  #inside = false;
  #committed: (() => void)[] = [];

  constructor(root: RootDatabase) {
    this.#root = root;
  }

  table<K extends Key, V>(name: string): Table<K, V> {
    const database: Database<V, K> = this.#root.openDB<V, K>({ name });
    return {
      get: (key) => database.get(key),
      put: (key, value) => {
        this.transact(() => void database.put(key, value));
      },
      remove: (key) => {
        this.transact(() => void database.remove(key));
      },
      range: ({ from, to } = {}) =>
        database.getRange({ ...(from === undefined ? {} : { start: from }), ...(to === undefined ? {} : { end: to }) }),
      count: () => database.getCount(),
    };
  }

  transact<T>(work: () => T): T {
    if (this.#inside) return work();
    const result = this.#commit(work);
    const committed = this.#committed;
    this.#committed = [];
    for (const follow of committed) follow();
    return result;
  }

  #commit<T>(work: () => T): T {
    this.#inside = true;
    try {
      return this.#root.transactionSync(work);
    } catch (error) {
      this.#committed = [];
      for (const listener of this.#listeners) listener();
      throw asFsError(error);
    } finally {
      this.#inside = false;
    }
  }

  afterCommit(work: () => void): void {
    if (this.#inside) this.#committed.push(work);
    else work();
  }

  onUndone(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

/**
 * Opens (or makes) the store in `folder`. A StoreError if a newer version of the program wrote it, or if it cannot be
 * read at all.
 */
export const openStore = (folder: string): Store => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let root: RootDatabase;
  try {
    root = open({ path: join(folder, 'metadata.mdb'), noSubdir: true, maxDbs: 16, maxReaders: 16 });
  } catch (error) {
    throw new StoreError(`the metadata in ${folder} cannot be opened: ${(error as Error).message}`, { cause: error });
  }
  const store = new LmdbStore(root);
  const about = store.table<string, number>('about');
  const found = about.get('schema');
  if (found === undefined) about.put('schema', schemaVersion);
  else if (found !== schemaVersion)
    throw new StoreError(
      `the metadata in ${folder} has format ${found}, this program knows ${schemaVersion}: use the program that wrote it`,
    );
  return store;
};
