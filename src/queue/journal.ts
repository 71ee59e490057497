// The durable list of what must reach the drive. Entries are added in the transaction of the change they stand for, and
// removed in the one that notes the drive's answer. The only owner of its table.
import { foldName } from '../metadata/names.ts';
import type { NodeId } from '../metadata/node.ts';
import type { Store, Table } from '../store/store.ts';
import { type Entry, foldersOf, type Intent, nodesOf, otherItemsOf, type Place } from './intent.ts';

export class Journal {
  readonly #store: Store;
  readonly #table: Table<number, Entry>;
  readonly #about: Table<string, number>;
  readonly #entries = new Map<number, Entry>();
  /** Entries by the nodes that they replace. */
  readonly #replaced = new Map<NodeId, Set<number>>();
  /** Entries by the nodes whose items they read from. */
  readonly #reading = new Map<NodeId, Set<number>>();
  readonly #byNode = new Map<NodeId, Set<number>>();
  /** Entries by the folders that they happen in. */
  readonly #byFolder = new Map<NodeId, Set<number>>();
  /** Entries that make something, by where. */
  readonly #making = new Map<string, Set<number>>();
  /** Moves and removals, by where from. */
  readonly #leaving = new Map<string, Set<number>>();

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
      const before = this.#entries.get(entry.seq);
      this.#remember(entry);
      this.#store.ifUndone(() => (before === undefined ? this.#forget(entry) : this.#remember(before)));
    });
    return entry;
  }

  remove(entry: Entry): void {
    this.#store.transact(() => {
      this.#table.remove(entry.seq);
      const before = this.#entries.get(entry.seq);
      this.#forget(entry);
      this.#store.ifUndone(() => before !== undefined && this.#remember(before));
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

  /** In the order of the changes. */
  of(node: NodeId): Entry[] {
    return this.#listed(this.#byNode.get(node));
  }

  /** What is to be made in the folder, to be removed from it, or to pass through it; in the order of the changes. */
  in(folder: NodeId): Entry[] {
    return this.#listed(this.#byFolder.get(folder));
  }

  /** The entries that read from the node's item. */
  reading(node: NodeId): Entry[] {
    return this.#listed(this.#reading.get(node));
  }

  /** An entry is to give the node's item to another. */
  isReplaced(node: NodeId): boolean {
    return this.#replaced.has(node);
  }

  /** The entries that are to give the node's item to another, or to remove it; in the order of the changes. */
  ending(node: NodeId): Entry[] {
    const removals = this.of(node).filter(({ intent }) => intent.kind === 'remove');
    return [...this.#listed(this.#replaced.get(node)), ...removals].sort((a, b) => a.seq - b.seq);
  }

  /** Something of this name (in any case of its letters) is to be made in the folder, or is being made now. */
  isMaking(place: Place): boolean {
    return this.#making.has(placeKey(place));
  }

  /** What is to be made at the place (in any case of its letters); in the order of the changes. */
  making(place: Place): Entry[] {
    return this.#listed(this.#making.get(placeKey(place)));
  }

  /** The moves that begin at the place (in any case of its letters); in the order of the changes. */
  movesFrom(place: Place): Entry[] {
    return this.#leavingFrom(place).filter(({ intent }) => intent.kind === 'move');
  }

  /** What is to be removed from the place (in any case of its letters); in the order of the changes. */
  removalsFrom(place: Place): Entry[] {
    return this.#leavingFrom(place).filter(({ intent }) => intent.kind === 'remove');
  }

  #leavingFrom(place: Place): Entry[] {
    return this.#listed(this.#leaving.get(placeKey(place)));
  }

  #listed(seqs: ReadonlySet<number> | undefined): Entry[] {
    if (seqs === undefined) return [];
    return [...seqs].sort((a, b) => a - b).flatMap((seq) => this.#entries.get(seq) ?? []);
  }

  #remember(entry: Entry): void {
    const before = this.#entries.get(entry.seq);
    if (before !== undefined) this.#unlist(before);
    this.#entries.set(entry.seq, entry);
    for (const node of nodesOf(entry.intent)) enlist(this.#byNode, node, entry.seq);
    const { replaced, source } = otherItemsOf(entry.intent);
    if (replaced !== undefined) enlist(this.#replaced, replaced, entry.seq);
    if (source !== undefined) enlist(this.#reading, source, entry.seq);
    for (const folder of foldersOf(entry.intent)) enlist(this.#byFolder, folder, entry.seq);
    if ('at' in entry.intent && entry.intent.at !== undefined)
      enlist(this.#making, placeKey(entry.intent.at), entry.seq);
    if ('from' in entry.intent) enlist(this.#leaving, placeKey(entry.intent.from), entry.seq);
  }

  #forget({ seq }: Entry): void {
    const entry = this.#entries.get(seq);
    if (entry === undefined) return;
    this.#entries.delete(seq);
    this.#unlist(entry);
  }

  #unlist({ seq, intent }: Entry): void {
    for (const node of nodesOf(intent)) strike(this.#byNode, node, seq);
    const { replaced, source } = otherItemsOf(intent);
    if (replaced !== undefined) strike(this.#replaced, replaced, seq);
    if (source !== undefined) strike(this.#reading, source, seq);
    for (const folder of foldersOf(intent)) strike(this.#byFolder, folder, seq);
    if ('at' in intent && intent.at !== undefined) strike(this.#making, placeKey(intent.at), seq);
    if ('from' in intent) strike(this.#leaving, placeKey(intent.from), seq);
  }
}

const placeKey = ({ parent, name }: Place): string => `${parent}/${foldName(name)}`;

const enlist = <K>(lists: Map<K, Set<number>>, key: K, seq: number): void => {
  lists.set(key, (lists.get(key) ?? new Set()).add(seq));
};

const strike = <K>(lists: Map<K, Set<number>>, key: K, seq: number): void => {
  const list = lists.get(key);
  list?.delete(seq);
  if (list?.size === 0) lists.delete(key);
};
