// Stops asking a service that is out of reach: calls fail at once then, instead of one time limit after the other. Opens when
// attempts fail in succession, or when calls wait and the service says nothing at all; probes close it again (reach.ts).
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { linkedSignal } from '../base/linked-signal.ts';
import type { Log } from '../base/log.ts';
import type { Drive, Upload } from './drive.ts';
import { Breaker, type Reach } from './reach.ts';
import {
  type CallMethod,
  isLook,
  isReading,
  type StreamMethod,
  signalOf,
  withSignal,
  wrapDrive,
} from './wrap-drive.ts';

export interface BreakerOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Asks something cheap. Not through `drive`, where it might have to wait for a place. Default: the account of `drive`. */
  readonly probe?: (signal: AbortSignal) => Promise<unknown>;
}

export interface BrokenDrive {
  readonly drive: Drive;
  readonly reach: Reach;
  /** Ends the probing. */
  close(): void;
}

/** The service said nothing for so long while somebody waited: a probe is due. Milliseconds. */
const silenceMs = 3_000;
/** As above while something is sent: a line that is busy with that delays every answer. */
const silenceSendingMs = 20_000;

/** What may have been carried out when it is broken off is left to its time limits. */
const isBreakable = (method: CallMethod | StreamMethod): boolean => isLook(method) || isReading(method);

/** The calls under way; notices when nobody answers them. */
class Waiting {
  readonly #breaker: Breaker;
  readonly #clock: Clock;
  readonly #calls = new Map<symbol, { readonly since: number; readonly isUpload: boolean }>();
  #idle = new AbortController();

  constructor(breaker: Breaker, clock: Clock) {
    this.#breaker = breaker;
    this.#clock = clock;
  }

  /** Somebody waits from now until what this returns is called. */
  begin(method: CallMethod | StreamMethod): () => void {
    const key = Symbol(method);
    this.#calls.set(key, { since: this.#clock.monotonic(), isUpload: method === 'upload' });
    if (this.#calls.size === 1) void this.#watch();
    return () => {
      this.#calls.delete(key);
      if (this.#calls.size === 0) this.#idle.abort();
    };
  }

  async #watch(): Promise<void> {
    const idle = new AbortController();
    this.#idle = idle;
    while (!idle.signal.aborted) {
      const dueMs = this.#silentSince() + this.#patienceMs() - this.#clock.monotonic();
      if (dueMs > 0) await this.#clock.sleep(dueMs, idle.signal).catch(() => {});
      else await this.#ask(idle.signal);
    }
  }

  #silentSince(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { since } of this.#calls.values()) oldest = Math.min(oldest, since);
    return Math.max(oldest, this.#breaker.heardAt);
  }

  #patienceMs(): number {
    for (const { isUpload } of this.#calls.values()) if (isUpload) return this.#breaker.patienceMs(silenceSendingMs);
    return this.#breaker.patienceMs(silenceMs);
  }

  async #ask(idle: AbortSignal): Promise<void> {
    if (await this.#breaker.isThere('it does not answer', idle)) return;
    await this.#clock.sleep(silenceMs, idle).catch(() => {});
  }
}

class Wrapping {
  readonly #breaker: Breaker;
  readonly #clock: Clock;
  readonly #waiting: Waiting;

  constructor(breaker: Breaker, clock: Clock) {
    this.#breaker = breaker;
    this.#clock = clock;
    this.#waiting = new Waiting(breaker, clock);
  }

  async call(
    method: CallMethod,
    args: readonly unknown[],
    run: (given: readonly unknown[]) => Promise<unknown>,
  ): Promise<unknown> {
    this.#breaker.check();
    const { given, unlink } = this.#signalled(method, args);
    const { attempt } = this.#breaker;
    const end = this.#waiting.begin(method);
    const started = this.#clock.monotonic();
    try {
      const result = await run(given);
      // Changes may take the service long that it is quick to tell of.
      if (isBreakable(method)) this.#breaker.took(this.#clock.monotonic() - started);
      this.#breaker.heard();
      return result;
    } catch (error) {
      this.#breaker.failed(error, attempt);
      throw error;
    } finally {
      end();
      unlink();
    }
  }

  async *stream(
    method: StreamMethod,
    args: readonly unknown[],
    open: (args: readonly unknown[]) => AsyncIterable<unknown>,
  ): AsyncIterable<unknown> {
    this.#breaker.check();
    const { given, unlink } = this.#signalled(method, args);
    const iterator = open(given)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await this.#next(method, iterator);
        if (done === true) return;
        yield value;
      }
    } finally {
      unlink();
      await iterator.return?.();
    }
  }

  /** A part of a stream; its reader may take its time between two of them. */
  async #next(method: StreamMethod, iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
    const { attempt } = this.#breaker;
    const end = this.#waiting.begin(method);
    const started = this.#clock.monotonic();
    try {
      const next = await iterator.next();
      this.#breaker.took(this.#clock.monotonic() - started);
      this.#breaker.heard();
      return next;
    } catch (error) {
      this.#breaker.failed(error, attempt);
      throw error;
    } finally {
      end();
    }
  }

  #signalled(
    method: CallMethod | StreamMethod,
    args: readonly unknown[],
  ): { readonly given: readonly unknown[]; unlink(): void } {
    if (method === 'upload') return { given: this.#listening(args), unlink: () => {} };
    if (!isBreakable(method)) return { given: args, unlink: () => {} };
    const { signal, unlink } = linkedSignal([signalOf(args), this.#breaker.signal]);
    return { given: withSignal(method, args, signal), unlink };
  }

  /** What leaves for the service is a sign of life, though no proof that an outage is over. */
  #listening([upload, ...others]: readonly unknown[]): readonly unknown[] {
    const given = upload as Upload;
    const onProgress = (sent: number): void => {
      if (sent > 0 && this.#breaker.outage === undefined) this.#breaker.heard();
      given.onProgress?.(sent);
    };
    return [{ ...given, body: (offset: number) => given.body(offset), onProgress }, ...others];
  }
}

export const withBreaker = (drive: Drive, options: BreakerOptions = {}): BrokenDrive => {
  const { clock = systemClock, probe = (signal) => drive.account(signal) } = options;
  const breaker = new Breaker({ clock, probe, ...(options.log === undefined ? {} : { log: options.log }) });
  const wrapping = new Wrapping(breaker, clock);
  return {
    drive: wrapDrive(drive, {
      call: (method, args, run) => wrapping.call(method, args, run),
      stream: (method, args, open) => wrapping.stream(method, args, open),
    }),
    reach: breaker,
    close: () => breaker.close(),
  };
};
