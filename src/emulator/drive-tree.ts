// The records of one drive and what follows from them, without rules: who asks for a change has checked it. Each change moves the
// drive's sequence on and marks all folders above. Owned by drive-state.ts; nobody else holds one.
import type { ContentHistory } from './content-history.ts';
import { DriveIndex } from './drive-index.ts';
import { DriveFault, type DriveItem, type ItemNumber } from './drive-item.ts';
import type { RecordLog, RecordTable } from './record-log.ts';

interface DriveMeta {
  readonly counter: ItemNumber;
  readonly sequence: number;
  readonly quota?: number;
}

/** Last change of an item or of anything below it. */
export interface TreeMark {
  readonly sequence: number;
  readonly atMs: number;
}

export const rootNumber: ItemNumber = 103;

/** What a new record needs; the rest is filled in. */
export type NewItem = Pick<DriveItem, 'parent' | 'name' | 'kind'> & Partial<DriveItem>;

export class DriveTree {
  readonly #uid: string;
  readonly #items: RecordTable<ItemNumber, DriveItem>;
  readonly #marks: RecordTable<ItemNumber, TreeMark>;
  readonly #meta: RecordTable<string, DriveMeta>;
  readonly #history: ContentHistory;
  readonly #now: () => number;
  #index = this.#emptyIndex();

  constructor(uid: string, log: RecordLog, history: ContentHistory, now: () => number) {
    this.#uid = uid;
    this.#items = log.table(`items:${uid}`);
    this.#marks = log.table(`marks:${uid}`);
    this.#meta = log.table(`drive:${uid}`);
    this.#history = history;
    this.#now = now;
    if (this.#meta.size === 0) this.#meta.set('drive', { counter: rootNumber - 1, sequence: 0 });
    this.#rebuild();
    for (const item of this.#items.values()) {
      if (item.removedWith === undefined && item.content !== undefined) history.hold(item.content);
    }
  }

  get meta(): DriveMeta {
    return this.#meta.get('drive') ?? { counter: rootNumber - 1, sequence: 0 };
  }

  get index(): DriveIndex {
    return this.#index;
  }

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  setQuota(bytes: number): void {
    this.#meta.set('drive', { ...this.meta, quota: bytes });
  }

  nextNumber(): ItemNumber {
    const counter = this.meta.counter + 1;
    this.#meta.set('drive', { ...this.meta, counter });
    return counter;
  }

  all(): IterableIterator<DriveItem> {
    return this.#items.values();
  }

  find(number: ItemNumber): DriveItem | undefined {
    return this.#items.get(number);
  }

  must(number: ItemNumber): DriveItem {
    const item = this.#items.get(number);
    if (item === undefined || item.removedWith !== undefined) throw new DriveFault('missing', `no item ${number}`);
    return item;
  }

  mark(item: DriveItem): TreeMark {
    const below = this.#marks.get(item.number);
    if (below !== undefined && below.sequence > item.sequence) return below;
    return { sequence: item.sequence, atMs: item.modifiedMs };
  }

  create(fields: NewItem): DriveItem {
    const now = this.#now();
    const times = { createdMs: now, modifiedMs: now, clientCreatedMs: now, clientModifiedMs: now };
    const counts = { number: this.nextNumber(), etag: 1, ctag: 1 };
    const sequence = this.#advance(fields.parent, now);
    const item: DriveItem = { description: '', creator: this.#uid, ...times, ...fields, ...counts, sequence };
    this.#items.set(item.number, item);
    this.#index.add(item);
    if (item.content !== undefined) this.#hold(item);
    return item;
  }

  /** `next` takes the place of `item`; times and tags of the change are set here. */
  change(item: DriveItem, next: DriveItem): DriveItem {
    const modifiedMs = this.#now();
    if (next.parent !== item.parent) this.#advance(item.parent, modifiedMs);
    const sequence = this.#advance(next.parent, modifiedMs);
    const clientModifiedMs = next.ctag === item.ctag ? next.clientModifiedMs : modifiedMs;
    const moved = next.parent === item.parent ? {} : { movedAt: sequence };
    const changed = { ...next, ...moved, modifiedMs, clientModifiedMs, sequence, etag: item.etag + 1 };
    this.#index.drop(item);
    this.#items.set(item.number, changed);
    this.#index.add(changed);
    if (changed.ctag !== item.ctag) {
      this.#hold(changed);
      if (item.content !== undefined) this.#history.release(item.content);
    }
    return changed;
  }

  remove(item: DriveItem): void {
    const below = this.#below(item);
    this.#index.drop(item);
    for (const gone of below) {
      const sequence = this.#advance(gone.parent, this.#now());
      this.#items.set(gone.number, { ...gone, removedWith: item.number, sequence });
      if (gone.content !== undefined) this.#history.release(gone.content);
    }
  }

  /** What went to the recycle bin with the item, itself included. */
  removedWith(number: ItemNumber): DriveItem[] {
    return [...this.#items.values()].filter((item) => item.removedWith === number);
  }

  restore(number: ItemNumber, parent: ItemNumber, name: string): DriveItem {
    const isLost = ({ content }: DriveItem) => content !== undefined && !this.#history.has(content.sha256);
    const lost = this.removedWith(number).find(isLost);
    if (lost !== undefined) throw new DriveFault('missing', `the bytes of '${lost.name}' were given up for space`);
    for (const { removedWith: _gone, ...item } of this.removedWith(number)) {
      const place = item.number === number ? { parent, name } : {};
      const sequence = this.#advance(parent, this.#now());
      this.#items.set(item.number, { ...item, ...place, sequence, etag: item.etag + 1 });
      if (item.content !== undefined) this.#history.hold(item.content);
    }
    this.#rebuild();
    return this.must(number);
  }

  #hold(item: DriveItem): void {
    if (item.content === undefined) return;
    this.#history.hold(item.content);
    const { number, name, content } = item;
    this.#history.record({ uid: this.#uid, item: number, name, atMs: item.clientModifiedMs, content });
  }

  /** The next place in the sequence, noted in all folders from `folder` up. */
  #advance(folder: ItemNumber | undefined, atMs: number): number {
    const sequence = this.meta.sequence + 1;
    this.#meta.set('drive', { ...this.meta, sequence });
    for (let at = folder; at !== undefined; at = this.#items.get(at)?.parent) this.#marks.set(at, { sequence, atMs });
    return sequence;
  }

  #below(item: DriveItem): DriveItem[] {
    const found = [item];
    for (let at = 0; at < found.length; at += 1) {
      const folder = found[at];
      if (folder === undefined) break;
      for (const number of this.#index.children(folder.number)) found.push(this.must(number));
    }
    return found;
  }

  #emptyIndex(): DriveIndex {
    return new DriveIndex((number) => this.#items.get(number)?.parent);
  }

  #rebuild(): void {
    this.#index = this.#emptyIndex();
    const byParent = new Map<ItemNumber | undefined, DriveItem[]>();
    for (const item of this.#items.values()) {
      if (item.removedWith !== undefined) continue;
      const siblings = byParent.get(item.parent);
      if (siblings === undefined) byParent.set(item.parent, [item]);
      else siblings.push(item);
    }
    // From the top down: a folder's bytes are counted when its files come, so it must be empty when it comes itself.
    const waiting = [...(byParent.get(undefined) ?? [])];
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      this.#index.add(item);
      for (const child of byParent.get(item.number) ?? []) waiting.push(child);
    }
  }
}
