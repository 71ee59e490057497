// A clock that stands still until a test moves it. Sleepers wake in the order of their times.
import type { Clock } from '../../src/base/clock.ts';

interface Sleeper {
  readonly until: number;
  wake(): void;
}

export class ManualClock implements Clock {
  /** How long each sleeper asked to sleep, in the order of asking. */
  readonly slept: number[] = [];
  readonly #start: number;
  #time = 0;
  #sleepers: Sleeper[] = [];

  constructor(start = 1_700_000_000_000) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  get sleeping(): number {
    return this.#sleepers.length;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const sleeper = { until: this.#time + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', leave);
    });
  }

  async advance(ms: number): Promise<void> {
    const until = this.#time + ms;
    for (;;) {
      const next = this.#sleepers.filter((sleeper) => sleeper.until <= until).sort((a, b) => a.until - b.until)[0];
      if (next === undefined) break;
      this.#time = Math.max(this.#time, next.until);
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#time = until;
  }

  /** Wakes whoever sleeps, at once and with the time moved on, until `done` is settled. */
  async until<T>(done: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    done.then(mark, mark);
    while (!settled) {
      const next = Math.min(...this.#sleepers.map((sleeper) => sleeper.until));
      if (Number.isFinite(next)) await this.advance(next - this.#time);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await done;
  }
}
