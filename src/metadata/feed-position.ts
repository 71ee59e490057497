// Where the change feed goes on: written in the transaction of the changes that lie before it. The only owner of its table.
import type { Store, Table } from '../store/store.ts';

export interface Position {
  /** Undefined: from the beginning. */
  readonly cursor?: string;
  /** Number of the last listing of the whole drive. */
  readonly listing: number;
  /**
   * - `listing`: the whole drive is being told
   * - `sweeping`: it has been, and what was not told is to be looked for
   * - `following`: the tree is what the drive was at `cursor`
   */
  readonly state: 'listing' | 'sweeping' | 'following';
}

const key = 'drive';

export class FeedPosition {
  readonly #table: Table<string, Position>;
  /** Asked for at every use of the tree. */
  #last: Position | undefined;

  constructor(store: Store) {
    this.#table = store.table('feeds');
    store.onUndone(() => {
      this.#last = undefined;
    });
  }

  get(): Position {
    this.#last ??= this.#table.get(key) ?? { listing: 1, state: 'listing' };
    return this.#last;
  }

  set(position: Position): void {
    this.#table.put(key, position);
    this.#last = position;
  }
}
