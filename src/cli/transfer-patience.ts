// How long a transfer puts up with a service that is away: as long as bytes arrive now and then, for ever; else for a while, with growing
// pauses. What else is asked is given up sooner, since whoever asks waits for the answer.
import type { Clock } from '../base/clock.ts';
import { DriveError } from '../drive/drive-error.ts';

const limitMs = 30_000;
const [firstPauseMs, longestPauseMs] = [500, 5000];

export class TransferPatience {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #since: number | undefined;
  #pauseMs = firstPauseMs;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Something arrived. */
  progress(): void {
    this.#since = undefined;
    this.#pauseMs = firstPauseMs;
  }

  /** Waits until another attempt is due; throws `error` where there is none. */
  async after(error: unknown): Promise<void> {
    if (!(error instanceof DriveError) || !error.passing) throw error;
    const now = this.#clock.monotonic();
    this.#since ??= now;
    const waitMs = Math.max(this.#pauseMs, error.retryAfterMs ?? 0);
    if (now - this.#since + waitMs > limitMs) throw error;
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
    await this.#clock.sleep(waitMs, this.#signal);
  }
}
