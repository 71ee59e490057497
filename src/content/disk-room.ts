// Room on the disk of the cache: contents may not take the last of it, because without room for the metadata nothing could
// be removed, and nothing could be noted as sent, so that the disk would stay full for ever.
import { statfsSync } from 'node:fs';

/** Kept free for metadata: 16 MiB, or a sixteenth of a small disk. */
const largestReserve = 16 << 20;
const reservePart = 16;
/** Others write to the disk too: an answer serves for this many bytes and milliseconds. */
const trustedBytes = 64 << 20;
const trustedMs = 1_000;

export class DiskRoom {
  readonly #folder: string;
  #left = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether contents may take `bytes` more; if so, they count as taken. */
  take(bytes: number): boolean {
    const now = performance.now();
    if (this.#left < bytes || now - this.#askedAt > trustedMs) this.#ask(now);
    if (this.#left < bytes) return false;
    this.#left -= bytes;
    return true;
  }

  /** What was freed shows when it is asked for next. */
  freed(): void {
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  #ask(now: number): void {
    const { bavail, blocks, bsize } = statfsSync(this.#folder);
    const reserve = Math.min(largestReserve, (blocks * bsize) / reservePart);
    this.#left = Math.min(trustedBytes, bavail * bsize - reserve);
    this.#askedAt = now;
  }
}
