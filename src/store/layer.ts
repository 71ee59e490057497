// Changes that are in the write-ahead log but not in lmdb yet, by table and key. Grouped by the first part of the key, so
// that the rows below one node are found without looking at all others.

/** What rows are found by: a number, a string, or a number with a string below it. */
export type Key = number | string | [number, string];

/** A row as it is to be; without `value` it is removed. */
export interface Change {
  readonly table: string;
  readonly key: Key;
  readonly value?: unknown;
}

type First = number | string;
type Rows = Map<string, Change>;

const firstOf = (key: Key): First => (typeof key === 'object' ? key[0] : key);
const restOf = (key: Key): string => (typeof key === 'object' ? key[1] : '');

export class Layer {
  readonly #tables = new Map<string, Map<First, Rows>>();
  #size = 0;

  /** Number of rows that are changed. */
  get size(): number {
    return this.#size;
  }

  get(table: string, key: Key): Change | undefined {
    return this.#tables.get(table)?.get(firstOf(key))?.get(restOf(key));
  }

  /** Returns what was there before, for `restore`. */
  set(change: Change): Change | undefined {
    const rows = this.#rows(change.table, firstOf(change.key));
    const rest = restOf(change.key);
    const before = rows.get(rest);
    rows.set(rest, change);
    if (before === undefined) this.#size += 1;
    return before;
  }

  /** Undoes a `set`. */
  restore(change: Change, before: Change | undefined): void {
    if (before !== undefined) {
      this.set(before);
      return;
    }
    this.#rows(change.table, firstOf(change.key)).delete(restOf(change.key));
    this.#size -= 1;
  }

  /** The changed rows of a table, or of those below `first`. */
  changes(table: string, first?: First): Change[] {
    const groups = this.#tables.get(table);
    if (groups === undefined) return [];
    if (first !== undefined) return [...(groups.get(first)?.values() ?? [])];
    return [...groups.values()].flatMap((rows) => [...rows.values()]);
  }

  all(): Change[] {
    return [...this.#tables.keys()].flatMap((table) => this.changes(table));
  }

  #rows(table: string, first: First): Rows {
    const groups = this.#tables.get(table) ?? new Map<First, Rows>();
    this.#tables.set(table, groups);
    const rows = groups.get(first) ?? new Map<string, Change>();
    groups.set(first, rows);
    return rows;
  }
}
