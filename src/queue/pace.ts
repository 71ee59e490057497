// How many entries are sent at a time: more while the service takes them, half as many when it says that it is too much.
import { DriveError } from '../drive/drive-error.ts';

const atFirst = 4;
const atMost = 16;

export class Pace {
  readonly #apply: (concurrency: number) => void;
  #concurrency: number;
  #successes = 0;

  constructor(apply: (concurrency: number) => void, concurrency = atFirst) {
    this.#apply = apply;
    this.#concurrency = concurrency;
    apply(concurrency);
  }

  /** A whole round went through: one more at a time. */
  succeeded(): void {
    this.#successes += 1;
    if (this.#successes >= this.#concurrency) this.#set(Math.min(atMost, this.#concurrency + 1));
  }

  failed(error: unknown): void {
    if (error instanceof DriveError && error.fault === 'busy')
      this.#set(Math.max(1, Math.floor(this.#concurrency / 2)));
  }

  #set(concurrency: number): void {
    this.#successes = 0;
    if (concurrency === this.#concurrency) return;
    this.#concurrency = concurrency;
    this.#apply(concurrency);
  }
}
