// What was parked because somebody else holds the item is tried again now and then: he closes his document some time, and nobody
// tells of that.
import type { Clock } from '../base/clock.ts';
import type { Fault } from '../drive/drive-error.ts';
import type { Journal } from './journal.ts';
import type { UploadQueue } from './upload-queue.ts';

/** Between an entry that was parked and the next attempt, milliseconds. */
const pauseMs = 60_000;

export interface LockedItemsParts {
  readonly journal: Journal;
  readonly queue: Pick<UploadQueue, 'retry'>;
  readonly clock: Clock;
}

export class LockedItems {
  readonly #parts: LockedItemsParts;
  readonly #end = new AbortController();
  #isWaiting = false;

  constructor(parts: LockedItemsParts) {
    this.#parts = parts;
  }

  /** A new run: how long it took to come is not known. */
  start(): void {
    this.#retry();
  }

  /** An entry was parked. */
  parked(fault: Fault): void {
    if (fault === 'locked' && !this.#isWaiting) void this.#later();
  }

  close(): void {
    this.#end.abort(new Error('the queue is closing'));
  }

  async #later(): Promise<void> {
    this.#isWaiting = true;
    await this.#parts.clock.sleep(pauseMs, this.#end.signal).catch(() => {});
    this.#isWaiting = false;
    if (!this.#end.signal.aborted) this.#retry();
  }

  #retry(): void {
    this.#parts.queue.retry(({ fault }) => fault === 'locked');
  }
}
