// The contents on this disk that nobody uses and the drive has: what can be given up, least recently used first, and what
// cannot because it is pinned. Owned by Contents; knows sizes, not files.
import { LRUCache } from 'lru-cache';
import type { ContentId } from './content-record.ts';

/** How often contents that were pinned are looked at again where nothing else can be given up, milliseconds. */
const reconsiderMs = 10_000;

export class SpareContents {
  readonly #isPinned: (id: ContentId) => boolean;
  readonly #spare = new LRUCache<ContentId, number>({
    maxSize: Number.MAX_SAFE_INTEGER,
    sizeCalculation: (bytes) => Math.max(1, bytes),
  });
  /** Those that turned out to be pinned when their turn came. */
  readonly #pinned = new Map<ContentId, number>();
  #pinnedBytes = 0;
  #reconsideredAt = Number.NEGATIVE_INFINITY;

  constructor(isPinned: (id: ContentId) => boolean) {
    this.#isPinned = isPinned;
  }

  get bytes(): number {
    return this.#spare.calculatedSize + this.#pinnedBytes;
  }

  /** Of those, the ones that are known to be pinned. */
  get pinnedBytes(): number {
    return this.#pinnedBytes;
  }

  /** Nobody uses it from now on. */
  add(id: ContentId, bytes: number): void {
    this.#spare.set(id, bytes);
  }

  remove(id: ContentId): void {
    this.#spare.delete(id);
    this.#pinnedBytes -= this.#pinned.get(id) ?? 0;
    this.#pinned.delete(id);
  }

  /** Takes out the one that was not used for the longest time and is not pinned. */
  takeLeastUsed(): { readonly id: ContentId; readonly bytes: number } | undefined {
    for (;;) {
      const [id] = this.#spare.rkeys();
      if (id === undefined) return this.#isReconsidering() ? this.takeLeastUsed() : undefined;
      const before = this.#spare.calculatedSize;
      this.#spare.delete(id);
      const bytes = before - this.#spare.calculatedSize;
      if (!this.#isPinned(id)) return { id, bytes };
      this.#pinned.set(id, bytes);
      this.#pinnedBytes += bytes;
    }
  }

  /** Pins may have been removed, or no longer hold where a file is now. True if something is spare because of that. */
  reconsider(): boolean {
    this.#reconsideredAt = performance.now();
    const free = [...this.#pinned].filter(([id]) => !this.#isPinned(id));
    for (const [id, bytes] of free) {
      this.remove(id);
      this.add(id, bytes);
    }
    return free.length > 0;
  }

  #isReconsidering(): boolean {
    const isDue = this.#pinned.size > 0 && performance.now() - this.#reconsideredAt >= reconsiderMs;
    return isDue && this.reconsider();
  }
}
