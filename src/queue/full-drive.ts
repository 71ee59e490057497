// What was parked because the drive was full is tried again when it has more room than it had then: asked for now and then
// while such entries wait, and told by every answer about the drive's size.
import type { Clock } from '../base/clock.ts';
import type { Fault } from '../drive/drive-error.ts';
import type { FreeSpace } from '../metadata/free-space.ts';
import type { Journal } from './journal.ts';
import type { UploadQueue } from './upload-queue.ts';

/** Between two looks whether there is reason to ask, milliseconds. */
const lookMs = 5_000;
/** An answer later than this after an entry was parked does not tell what was free then, milliseconds. */
const thenMs = 10_000;

export interface FullDriveParts {
  readonly journal: Journal;
  readonly queue: Pick<UploadQueue, 'retry'>;
  readonly space: FreeSpace;
  readonly clock: Clock;
}

export class FullDrive {
  readonly #parts: FullDriveParts;
  readonly #end = new AbortController();
  /** What was free when entries were parked; undefined before the first answer since then. */
  #free: number | undefined;
  /** On the monotonic clock. */
  #parkedAt = 0;
  #isLooking = false;

  constructor(parts: FullDriveParts) {
    this.#parts = parts;
    parts.space.watch((free) => this.#answered(free));
  }

  /** A new run: what has changed meanwhile is not known. */
  start(): void {
    this.#retry();
  }

  /** An entry was parked. */
  parked(fault: Fault): void {
    if (fault !== 'full') return;
    const isFirst = this.#free !== undefined || !this.#isLooking;
    this.#free = undefined;
    this.#parkedAt = this.#parts.clock.monotonic();
    this.#parts.space.outdated();
    if (isFirst) void this.#parts.space.renew(this.#end.signal).catch(() => {});
    if (!this.#isLooking) void this.#look();
  }

  close(): void {
    this.#end.abort(new Error('the queue is closing'));
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const { signal } = this.#end;
    while (!signal.aborted && this.#waits()) {
      if (this.#parts.space.isOld) await this.#parts.space.renew(signal).catch(() => {});
      await this.#parts.clock.sleep(lookMs, signal).catch(() => {});
    }
    this.#isLooking = false;
  }

  #answered(free: number | undefined): void {
    if (free === undefined || !this.#waits()) return;
    const hasMore = this.#free === undefined ? this.#isLong() : free > this.#free;
    this.#free = free;
    if (hasMore) this.#retry();
  }

  /** Nobody knows what was free when the entries were parked. */
  #isLong(): boolean {
    return this.#parts.clock.monotonic() - this.#parkedAt > thenMs;
  }

  #waits(): boolean {
    return this.#parts.journal.all().some(({ fault, half }) => fault === 'full' && half !== true);
  }

  #retry(): void {
    this.#parts.queue.retry(({ fault, half }) => fault === 'full' && half !== true);
  }
}
