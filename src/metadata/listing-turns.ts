// While the whole drive is being told: which folders are listed on their own meanwhile. A person who looks into a folder does not wait;
// a program that walks the whole tree gets it sooner, and with fewer requests, from the feed.
import type { Clock } from '../base/clock.ts';
import { linkedSignal } from '../base/linked-signal.ts';

/** Folders that are listed at once, to begin with. */
const startTurns = 4;
/** How long a folder waits for a turn, milliseconds. */
const turnMs = 1000;

export class ListingTurns {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #left = startTurns;
  #earnedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#earnedAt = clock.monotonic();
  }

  /** Another page of the drive is in the tree: whoever waits looks again. */
  pageCame(): void {
    this.#left += 1;
    this.wake();
  }

  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when there is a turn left, which it takes, or when `isOver`. */
  async take(isOver: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isOver()) {
      this.#earn();
      if (this.#left > 0) {
        this.#left -= 1;
        return;
      }
      await this.#pause(signal);
    }
  }

  #earn(): void {
    const now = this.#clock.monotonic();
    if (this.#left > 0) this.#earnedAt = now;
    else if (now - this.#earnedAt >= turnMs) {
      this.#left = 1;
      this.#earnedAt = now;
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    const either = linkedSignal([signal, woken.signal]);
    this.#waiting.add(wake);
    try {
      await this.#clock.sleep(turnMs, either.signal);
    } catch {
      signal.throwIfAborted();
    } finally {
      either.unlink();
      this.#waiting.delete(wake);
    }
  }
}
