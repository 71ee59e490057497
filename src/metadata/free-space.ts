// The drive's size and free space: asked for when somebody wants to know and the last answer is old, kept for the times when
// the drive does not answer.
import { abortable } from '../base/abortable.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { SingleFlight } from '../base/single-flight.ts';
import type { Drive, Quota } from '../drive/drive.ts';
import type { Store, Table } from '../store/store.ts';

/** How long an answer serves, milliseconds, unless we change the drive ourselves. */
const ageMs = 60_000;
/** How long a caller waits for a newer answer, milliseconds. */
const patienceMs = 2_000;
/** Told while no answer ever came: programs must not believe that the drive is full. */
const unknown: Quota = { total: 2 ** 50, free: 2 ** 50 };

export class FreeSpace {
  readonly #drive: Drive;
  readonly #table: Table<string, number>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #asking = new SingleFlight<'quota', void>();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store, drive: Drive, clock: Clock, log: Log) {
    this.#drive = drive;
    this.#table = store.table('about');
    this.#clock = clock;
    this.#log = log;
  }

  /** Our own changes took effect on the drive: the last answer is out of date. */
  outdated(): void {
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  async quota(signal: AbortSignal): Promise<Quota> {
    if (this.#clock.monotonic() - this.#askedAt >= ageMs) {
      const patience = this.#clock.sleep(patienceMs, signal);
      await Promise.race([abortable(this.#ask(), signal), patience]);
    }
    const total = this.#table.get('quota-total');
    const free = this.#table.get('quota-free');
    return total === undefined || free === undefined ? unknown : { total, free };
  }

  #ask(): Promise<void> {
    return this.#asking.run('quota', async () => {
      this.#askedAt = this.#clock.monotonic();
      try {
        const { total, free } = await this.#drive.quota();
        this.#table.put('quota-total', total);
        this.#table.put('quota-free', free);
      } catch (error) {
        this.#log.info(`the quota could not be asked for: ${String(error)}`);
      }
    });
  }
}
