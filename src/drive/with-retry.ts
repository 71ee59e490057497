// Repeats what failed for a passing reason, for somebody who waits: with growing pauses, and for a bounded time. Uploads are
// not repeated (the queue does that, and looks before), nor is what may have taken effect and would do so twice.
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Drive } from './drive.ts';
import { DriveError, perhapsDone } from './drive-error.ts';
import {
  type CallMethod,
  isLook,
  isReading,
  type ReadArgs,
  type StreamMethod,
  signalOf,
  wrapDrive,
} from './wrap-drive.ts';

export interface RetryOptions {
  readonly clock?: Clock;
  /** From the first failure to the last attempt, milliseconds. */
  readonly patienceMs?: number;
  /** 0 to 1. */
  readonly random?: () => number;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** How long a reader who was under way when an outage began goes on trying, milliseconds: most are over soon. */
const graceMs = 3_000;

/** These change something, and doing them twice is the same as doing them once, whether or not the first time took effect. */
const repeatable: ReadonlySet<CallMethod> = new Set(['move', 'setDescription', 'setProperties', 'link']);

/** The pauses after failures without progress between them. */
class Patience {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #random: () => number;
  readonly #graceMs: number;
  #failures = 0;
  #since: number | undefined;

  constructor({ clock = systemClock, patienceMs = 60_000, random = Math.random }: RetryOptions, outageMs = 0) {
    this.#graceMs = outageMs;
    this.#clock = clock;
    this.#limitMs = patienceMs;
    this.#random = random;
  }

  progress(): void {
    this.#failures = 0;
    this.#since = undefined;
  }

  /** Waits until another attempt is due; throws `error` where there is none. */
  async after(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (!(error instanceof DriveError) || !error.passing) throw error;
    const now = this.#clock.monotonic();
    if (error.awaited && now - (this.#since ?? Number.NEGATIVE_INFINITY) >= this.#graceMs) throw error;
    this.#since ??= now;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++) * (0.5 + this.#random() / 2);
    const waitMs = Math.max(pause, error.retryAfterMs ?? 0);
    if (now - this.#since + waitMs > this.#limitMs) throw error;
    await this.#clock.sleep(waitMs, signal);
  }
}

/** A server that fails, or one before it, may have acted all the same; nothing tells a comment from its repetition. */
const mayHaveCommented = (method: CallMethod, error: unknown): boolean =>
  method === 'addComment' && error instanceof DriveError && (error.status ?? 0) >= 500;

const mayRepeat = (method: CallMethod, error: unknown): boolean => {
  if (method === 'upload' || mayHaveCommented(method, error)) return false;
  return isLook(method) || repeatable.has(method) || !(error instanceof DriveError && error.ambiguous);
};

async function* retriedStream(
  method: StreamMethod,
  given: readonly unknown[],
  open: (args: readonly unknown[]) => AsyncIterable<unknown>,
  patience: Patience,
): AsyncIterable<unknown> {
  let args = given;
  for (;;) {
    try {
      for await (const part of open(args)) {
        if (isReading(method)) {
          // What was read is progress, and need not be read again. Pages do not count: a listing starts over.
          patience.progress();
          args = behind(args as ReadArgs, part as Uint8Array);
        }
        yield part;
      }
      return;
    } catch (error) {
      await patience.after(error, signalOf(args));
    }
  }
}

/** After an attempt that may have taken effect, that is so however a later one fails. */
const remembering = (run: () => Promise<unknown>): (() => Promise<unknown>) => {
  let mayBeDone = false;
  return async () => {
    try {
      return await run();
    } catch (error) {
      mayBeDone ||= error instanceof DriveError && error.ambiguous;
      throw mayBeDone ? perhapsDone(error) : error;
    }
  };
};

const behind = ([subject, { start, end }, signal]: ReadArgs, piece: Uint8Array): ReadArgs => [
  subject,
  { start: start + piece.length, end },
  ...(signal === undefined ? ([] as const) : ([signal] as const)),
];

export const withRetry = (drive: Drive, options: RetryOptions = {}): Drive =>
  wrapDrive(drive, {
    call: async (method, args, run) => {
      const patience = new Patience(options);
      const attempt = remembering(run);
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          if (!mayRepeat(method, error)) throw error;
          await patience.after(error, signalOf(args));
        }
      }
    },
    stream: (method, args, open) =>
      retriedStream(method, args, open, new Patience(options, method === 'read' ? graceMs : 0)),
  });
