// Changes that often come many at a time wait for each other: each until no more have come for a while, or until it has waited
// for long enough. One timer serves all of them, since there may be thousands.

/** Milliseconds. */
export interface GatheringTimes {
  /** No more have come for this long. */
  readonly quietMs: number;
  /** Each waits for the others so long at the most. */
  readonly longestMs: number;
}

/** Less than this is no time to wait for; milliseconds. */
const momentMs = 1;

export class Gathering {
  readonly #times: GatheringTimes;
  readonly #due: (seq: number) => void;
  /** Entries, and until when they wait at the most; milliseconds of performance.now(), as all moments here. */
  readonly #waiting = new Map<number, number>();
  #last = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** `due`: the entry need not wait any more. */
  constructor(times: GatheringTimes, due: (seq: number) => void) {
    this.#times = times;
    this.#due = due;
  }

  /** One more came. Says until when it is to wait at the most. */
  came(): number {
    this.#last = performance.now();
    return this.#last + this.#times.longestMs;
  }

  /** False if the entry need not wait: then it is not told either. */
  waits(seq: number, until: number): boolean {
    const rest = Math.min(this.#quietAt, until) - performance.now();
    if (rest <= momentMs) return false;
    this.#waiting.set(seq, until);
    this.#timer ??= setTimeout(() => this.#look(), rest);
    return true;
  }

  has(seq: number): boolean {
    return this.#waiting.has(seq);
  }

  leave(seq: number): void {
    this.#waiting.delete(seq);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  get #quietAt(): number {
    return this.#last + this.#times.quietMs;
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now() + momentMs;
    let next = this.#quietAt;
    const isQuiet = next <= now;
    const over: number[] = [];
    for (const [seq, until] of this.#waiting)
      if (isQuiet || until <= now) over.push(seq);
      else next = Math.min(next, until);
    for (const seq of over) this.#waiting.delete(seq);
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#look(), next - performance.now());
    for (const seq of over) this.#due(seq);
  }
}
