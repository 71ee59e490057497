// So many requests at a time, in lanes that do not wait for each other: a large upload must not hold up `ls`, nor its own body,
// which may be read from the drive. And one gate for all: when the service says that it is too much, nobody asks for a while.
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { formatDuration } from '../base/quantity.ts';
import type { Drive } from './drive.ts';
import { DriveError } from './drive-error.ts';
import { Semaphore } from './semaphore.ts';
import { type CallMethod, isLook, isReading, type StreamMethod, signalOf, wrapDrive } from './wrap-drive.ts';

export interface Limits {
  /** Requests about items. */
  readonly looks: number;
  /** Ranges of contents. */
  readonly reads: number;
  /** Changes, uploads among them. */
  readonly writes: number;
}

const defaultLimits: Limits = { looks: 6, reads: 6, writes: 16 };

type Lane = keyof Limits;

const laneOf = (method: CallMethod | StreamMethod): Lane => {
  if (isReading(method)) return 'reads';
  return isLook(method) ? 'looks' : 'writes';
};

const firstPauseMs = 1000;
const longestPauseMs = 30_000;
const throttled: ReadonlySet<number | undefined> = new Set([420, 429]);

const shown = (ms: number): string => (ms < 10_000 ? `${Math.ceil(ms)} ms` : formatDuration(ms));

/** Closed while the service wants to be left alone. Calls at a closed gate fail at once, and say for how long. */
class Gate {
  readonly #clock: Clock;
  #until = Number.NEGATIVE_INFINITY;
  #pauseMs = firstPauseMs;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  check(): void {
    const left = this.#until - this.#clock.monotonic();
    if (left <= 0) return;
    throw new DriveError('busy', `the service asked to be left alone for ${shown(left)} more`, {
      retryAfterMs: left,
    });
  }

  /** Not every overload closes it: one slow answer is no reason to stop everything. */
  failed(error: unknown): void {
    if (!(error instanceof DriveError) || error.fault !== 'busy') return;
    const { retryAfterMs, status } = error;
    if (retryAfterMs === undefined && !throttled.has(status)) return;
    const now = this.#clock.monotonic();
    // Calls that were under way when it closed say nothing new.
    if (retryAfterMs === undefined && now < this.#until) return;
    this.#until = Math.max(this.#until, now + (retryAfterMs ?? this.#pauseMs));
    if (retryAfterMs === undefined) this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
  }

  succeeded(): void {
    this.#pauseMs = firstPauseMs;
  }
}

class Limiter {
  readonly #gate: Gate;
  readonly #lanes: Readonly<Record<Lane, Semaphore>>;

  constructor({ looks, reads, writes }: Limits, clock: Clock) {
    this.#gate = new Gate(clock);
    this.#lanes = { looks: new Semaphore(looks), reads: new Semaphore(reads), writes: new Semaphore(writes) };
  }

  async run<T>(lane: Lane, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return await this.#lanes[lane].run(async () => {
      this.#gate.check();
      try {
        const result = await work();
        this.#gate.succeeded();
        return result;
      } catch (error) {
        this.#gate.failed(error);
        throw error;
      }
    }, signal);
  }
}

/** A place is held for each part of a stream, not for all of it: its reader may take its time, or ask the drive for more. */
async function* limitedStream(
  limiter: Limiter,
  lane: Lane,
  parts: AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
): AsyncIterable<unknown> {
  const iterator = parts[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await limiter.run(lane, () => iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

export const withLimits = (drive: Drive, limits: Limits = defaultLimits, clock: Clock = systemClock): Drive => {
  const limiter = new Limiter(limits, clock);
  return wrapDrive(drive, {
    call: (method, args, run) => limiter.run(laneOf(method), run, signalOf(args)),
    stream: (method, args, open) => limitedStream(limiter, laneOf(method), open(args), signalOf(args)),
  });
};
