// How a callback of libfuse gets its answer: negative errno or a result, and for some the words or the buffer that go with
// it. A buffer lies in the memory of the waiting thread: handing it back takes it away from us, so nobody may use it later.
import type { Log } from '../../base/log.ts';
import type { Soon } from '../../base/soon.ts';
import { type Answer, answer } from '../answer.ts';

/** Wakes the thread that waits. */
export type Signal = (result: number, ...extra: unknown[]) => void;

export class Replies {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** An answer that is only "done". */
  async done(signal: Signal, what: string, work: () => Soon<unknown>): Promise<void> {
    const given = await this.#answer(what, work);
    signal(given.ok ? 0 : -given.errno);
  }

  /** An answer that goes with the result 0: a number, a text, an array of words. */
  async giving(signal: Signal, what: string, work: () => Soon<unknown>): Promise<void> {
    const given = await this.#answer(what, work);
    if (given.ok) signal(0, given.value);
    else signal(-given.errno);
  }

  /** As `giving`, for two values. */
  async givingBoth(signal: Signal, what: string, work: () => Soon<readonly [unknown, unknown]>): Promise<void> {
    const given = await this.#answer(what, work);
    if (given.ok) signal(0, ...given.value);
    else signal(-given.errno);
  }

  /** A number of bytes in `buffer`, after what `before` says comes first. */
  async counting(
    signal: Signal,
    what: string,
    work: () => Soon<number>,
    buffer: Buffer,
    before: readonly unknown[] = [],
  ): Promise<void> {
    const given = await this.#answer(what, work);
    signal(given.ok ? given.value : -given.errno, ...before, buffer.buffer);
  }

  /** Never at once: fuse-native does not reckon with an answer before its callback has returned. */
  #answer<T>(what: string, work: () => Soon<T>): Promise<Answer<T>> {
    return new Promise((resolve) => void answer(this.#log, () => what, work, resolve));
  }
}
