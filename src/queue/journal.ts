// The durable list of what must reach the drive. Entries are added in the transaction of the change they stand for, and
// removed in the one that notes the drive's answer. The only owner of its table.
import type { NodeId } from '../metadata/node.ts';
import type { Store, Table } from '../store/store.ts';
import type { Entry, Intent } from './intent.ts';

export class Journal {
  readonly #store: Store;
  readonly #table: Table<number, Entry>;
  readonly #about: Table<string, number>;
  readonly #entries = new Map<number, Entry>();
  readonly #byNode = new Map<NodeId, Set<number>>();

  constructor(store: Store) {
    this.#store = store;
    this.#table = store.table('journal');
    this.#about = store.table('about');
    for (const { value } of this.#table.all()) this.#remember(value);
  }

  add(intent: Intent, since: number): Entry {
    return this.#store.transact(() => {
      const seq = (this.#about.get('last-entry') ?? 0) + 1;
      this.#about.put('last-entry', seq);
      return this.put({ seq, intent, since, attempts: 0 });
    });
  }

  put(entry: Entry): Entry {
    this.#store.transact(() => {
      this.#table.put(entry.seq, entry);
      this.#store.afterCommit(() => this.#remember(entry));
    });
    return entry;
  }

  remove(entry: Entry): void {
    this.#store.transact(() => {
      this.#table.remove(entry.seq);
      this.#store.afterCommit(() => this.#forget(entry));
    });
  }

  get(seq: number): Entry | undefined {
    return this.#entries.get(seq);
  }

  /** In the order of the changes. */
  all(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => a.seq - b.seq);
  }

  get size(): number {
    return this.#entries.size;
  }

  of(node: NodeId): Entry[] {
    return [...(this.#byNode.get(node) ?? [])].flatMap((seq) => this.#entries.get(seq) ?? []);
  }

  #remember(entry: Entry): void {
    this.#entries.set(entry.seq, entry);
    const seqs = this.#byNode.get(entry.intent.node) ?? new Set();
    this.#byNode.set(entry.intent.node, seqs.add(entry.seq));
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.seq);
    const seqs = this.#byNode.get(entry.intent.node);
    seqs?.delete(entry.seq);
    if (seqs?.size === 0) this.#byNode.delete(entry.intent.node);
  }
}
