// Every content that any drive ever took, in order, and which bytes are still needed. Bytes that no item has as its current content
// stay until they exceed a budget, oldest first; hashes stay for ever. Shared by all drives of an emulator.
import { existsSync } from 'node:fs';
import type { ContentHashes } from './content-hash.ts';
import type { ContentStore } from './content-store.ts';
import type { StoredVersion } from './drive-item.ts';
import type { RecordLog, RecordTable } from './record-log.ts';

export interface VersionView extends StoredVersion {
  /** False: the bytes were given up for space. */
  readonly kept: boolean;
}

export class ContentHistory {
  readonly #versions: RecordTable<number, StoredVersion>;
  readonly #store: ContentStore;
  readonly #budget: number;
  readonly #holders = new Map<string, number>();
  /** Size of what nobody holds, least recently given up first. */
  readonly #idle = new Map<string, number>();
  #idleBytes = 0;

  constructor(log: RecordLog, store: ContentStore, budget: number) {
    this.#versions = log.table('versions');
    this.#store = store;
    this.#budget = budget;
    for (const { content } of this.#versions.values()) {
      if (!this.#idle.has(content.sha256) && existsSync(store.path(content.sha256))) this.#rest(content);
    }
    store.deleteUnless((sha256) => this.has(sha256));
  }

  /** An item has this as its current content now. */
  hold(content: ContentHashes): void {
    const holders = this.#holders.get(content.sha256) ?? 0;
    this.#holders.set(content.sha256, holders + 1);
    const idle = this.#idle.get(content.sha256);
    if (idle === undefined) return;
    this.#idle.delete(content.sha256);
    this.#idleBytes -= idle;
  }

  release(content: ContentHashes): void {
    const holders = (this.#holders.get(content.sha256) ?? 0) - 1;
    if (holders > 0) {
      this.#holders.set(content.sha256, holders);
      return;
    }
    this.#holders.delete(content.sha256);
    this.#rest(content);
    this.#prune();
  }

  /** Part of the commit that gives an item this content. */
  record(version: Omit<StoredVersion, 'order'>): void {
    const order = this.#versions.size + 1;
    this.#versions.set(order, { order, ...version });
  }

  has(sha256: string): boolean {
    return this.#holders.has(sha256) || this.#idle.has(sha256);
  }

  list(uid?: string): VersionView[] {
    const chosen = [...this.#versions.values()].filter((version) => uid === undefined || version.uid === uid);
    return chosen.map((version) => ({ ...version, kept: this.has(version.content.sha256) }));
  }

  #rest(content: ContentHashes): void {
    this.#idle.set(content.sha256, content.size);
    this.#idleBytes += content.size;
  }

  #prune(): void {
    for (const [sha256, size] of this.#idle) {
      if (this.#idleBytes <= this.#budget) return;
      if (!this.#store.drop(sha256)) continue;
      this.#idle.delete(sha256);
      this.#idleBytes -= size;
    }
  }
}
