// Tables of records that survive a kill: Maps in memory, and one append-only file of JSON lines beside them. A line holds all
// changes of one `commit`, so after a crash a commit is there whole or not at all. Owned by emulator.ts; every state uses it.
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

type Key = string | number;
/** table, key, record; no third member: the record was removed. */
type Change = readonly [string, Key, unknown?];

/** A Map whose changes are written down. Records are immutable: to change one, set a new one. */
export class RecordTable<K extends Key, V> {
  readonly #map = new Map<K, V>();
  readonly #record: (change: Change) => void;
  readonly #name: string;

  constructor(name: string, record: (change: Change) => void) {
    this.#name = name;
    this.#record = record;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  values(): IterableIterator<V> {
    return this.#map.values();
  }

  entries(): IterableIterator<[K, V]> {
    return this.#map.entries();
  }

  set(key: K, value: V): void {
    this.#map.set(key, value);
    this.#record([this.#name, key, value]);
  }

  delete(key: K): void {
    if (this.#map.delete(key)) this.#record([this.#name, key]);
  }

  /** A change that comes from the file, and therefore isn't written again. */
  replay(key: K, change: { readonly value: V } | undefined): void {
    if (change === undefined) this.#map.delete(key);
    else this.#map.set(key, change.value);
  }
}

const fileName = 'records.jsonl';
/** Fewer lines than this are never worth a rewrite. */
const compactAbove = 50_000;

export class RecordLog {
  readonly #path: string | undefined;
  readonly #tables = new Map<string, RecordTable<Key, unknown>>();
  #file: number | undefined;
  /** Changes of the commit under way, the last one of each record. */
  readonly #pending = new Map<string, Change>();
  #depth = 0;
  #lines = 0;

  /** Without a folder the tables live in memory alone. */
  constructor(folder?: string) {
    this.#path = folder === undefined ? undefined : join(folder, fileName);
    if (this.#path !== undefined) this.#open(this.#path);
  }

  /** The table of that name, with what the file held; the caller answers for the types. */
  table<K extends Key, V>(name: string): RecordTable<K, V> {
    const known = this.#tables.get(name);
    if (known !== undefined) return known as unknown as RecordTable<K, V>;
    const made = new RecordTable<K, V>(name, (change) => this.#add(change));
    this.#tables.set(name, made as unknown as RecordTable<Key, unknown>);
    return made;
  }

  /** Runs `work`, then writes everything that it changed as one line. The bytes are with the system when this returns. */
  commit<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#flush();
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #add(change: Change): void {
    if (this.#file === undefined) return;
    this.#pending.set(`${change[0]} ${change[1]}`, change);
    if (this.#depth === 0) this.#flush();
  }

  #flush(): void {
    if (this.#pending.size === 0 || this.#file === undefined) return;
    writeSync(this.#file, `${JSON.stringify([...this.#pending.values()])}\n`);
    this.#pending.clear();
    this.#lines += 1;
    if (this.#lines > compactAbove && this.#lines > 4 * this.#records()) this.#compact();
  }

  #records(): number {
    return [...this.#tables.values()].reduce((sum, table) => sum + table.size, 0);
  }

  #open(path: string): void {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    // A line without its end is a commit that a kill cut off; nobody was told that it happened.
    const whole = bytes.lastIndexOf(10) + 1;
    for (let start = 0; start < whole; ) {
      const end = bytes.indexOf(10, start);
      for (const change of JSON.parse(bytes.toString('utf8', start, end)) as Change[]) this.#replay(change);
      start = end + 1;
      this.#lines += 1;
    }
    this.#file = openSync(path, 'a', 0o600);
    if (whole < bytes.length) ftruncateSync(this.#file, whole);
    if (this.#lines > this.#records() + compactAbove) this.#compact();
  }

  #replay(change: Change): void {
    const [name, key] = change;
    this.table<Key, unknown>(name).replay(key, change.length === 3 ? { value: change[2] } : undefined);
  }

  #compact(): void {
    if (this.#path === undefined || this.#file === undefined) return;
    const rewritten = openSync(`${this.#path}.new`, 'w', 0o600);
    this.#lines = 0;
    for (const [name, table] of this.#tables) {
      for (const [key, value] of table.entries()) {
        writeSync(rewritten, `${JSON.stringify([[name, key, value]])}\n`);
        this.#lines += 1;
      }
    }
    closeSync(rewritten);
    closeSync(this.#file);
    renameSync(`${this.#path}.new`, this.#path);
    this.#file = openSync(this.#path, 'a', 0o600);
  }
}
