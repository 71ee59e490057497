// The drive's size and free space: asked for when somebody wants to know and the last answer is old, kept for the times when
// the drive does not answer. And whether what is written here will have room there: a drive that does not say how large it is
// has room for everything.
import { abortable } from '../base/abortable.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { patiently } from '../base/patience.ts';
import { SingleFlight } from '../base/single-flight.ts';
import type { Drive, Quota } from '../drive/drive.ts';
import { isFault } from '../drive/drive-error.ts';
import type { Store, Table } from '../store/store.ts';

/** How long an answer serves, milliseconds, unless we change the drive ourselves. */
const ageMs = 60_000;
/** How long a caller waits for a newer answer, milliseconds. */
const patienceMs = 2_000;
/** An answer is not asked for again within this time, whatever depends on it; milliseconds. */
const shortestAgeMs = 1_000;
/** How long an answer serves while much is written, milliseconds. */
const writingAgeMs = 10_000;
/** Bytes that are written without knowing whether there is room for them. */
const unasked = 1 << 20;
/** Bytes from which on the drive is asked, so that whoever writes more than `unasked` finds the answer there. */
const promising = 1 << 16;
/** Told while no answer ever came: programs must not believe that the drive is full. */
const unknown: Quota = { total: 2 ** 50, free: 2 ** 50 };

export interface FreeSpaceOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly countLeaving?: () => number;
}

export class FreeSpace {
  readonly #drive: Drive;
  readonly #table: Table<string, number>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #asking = new SingleFlight<'quota', void>();
  readonly #listeners = new Set<(free: number | undefined) => void>();
  readonly #countLeaving: () => number;
  #leaving: { readonly at: number; readonly bytes: number } | undefined;
  #known: Quota | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isOutdated = false;

  /** `countLeaving`: bytes on the drive of what is to be removed there. */
  constructor(store: Store, drive: Drive, { clock, log, countLeaving = () => 0 }: FreeSpaceOptions) {
    this.#countLeaving = countLeaving;
    this.#drive = drive;
    this.#table = store.table('about');
    this.#clock = clock;
    this.#log = log;
    const [total, free] = [this.#table.get('quota-total'), this.#table.get('quota-free')];
    if (total !== undefined && free !== undefined && total > 0) this.#known = { total, free };
  }

  /** A change of ours took effect that may have given space free: the last answer is out of date. */
  outdated(): void {
    this.#isOutdated = true;
  }

  /** So many bytes of ours have got there since the last answer. */
  spent(bytes: number): void {
    this.leavingChanged();
    if (this.#known !== undefined) this.#known = { ...this.#known, free: this.#known.free - bytes };
  }

  /** Something is to be removed from the drive, or has been. */
  leavingChanged(): void {
    this.#leaving = undefined;
  }

  /** Bytes free on the drive, as far as is known. */
  get free(): number | undefined {
    return this.#known?.free;
  }

  /** Called with each answer. */
  watch(listener: (free: number | undefined) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * `bytes` are to be sent in all: asks the drive for its free space if the last answer is old for that. Returns what to wait
   * for where the answer may well be that there is no room.
   */
  attend(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    const age = this.#clock.monotonic() - this.#askedAt;
    if (this.#known === undefined) return this.#attendUnknowing(bytes, age, signal);
    const { free } = this.#known;
    const isOldForThis = age >= (bytes > free ? shortestAgeMs : writingAgeMs);
    if (bytes > free / 2 && (isOldForThis || this.#asking.isRunning('quota'))) return this.renew(signal);
    if (bytes >= unasked && age >= writingAgeMs) void this.#ask();
    return undefined;
  }

  /** Some bytes ask, those that are too many to go on without an answer wait for it. */
  #attendUnknowing(bytes: number, age: number, signal: AbortSignal): Promise<void> | undefined {
    if (age < ageMs && !this.#asking.isRunning('quota')) return undefined;
    if (bytes >= unasked) return this.renew(signal);
    if (bytes >= promising) void this.#ask();
    return undefined;
  }

  /** Whether `bytes` to be sent in all have room, as far as is known. */
  hasRoom(bytes: number): boolean {
    if (this.#known === undefined || bytes <= this.#known.free) return true;
    return bytes <= this.#known.free + this.leaving();
  }

  /** Bytes that what is removed here will give free on the drive. A walk over the queue, at most once a second. */
  leaving(): number {
    const now = this.#clock.monotonic();
    if (this.#leaving === undefined || now - this.#leaving.at >= shortestAgeMs)
      this.#leaving = { at: now, bytes: this.#countLeaving() };
    return this.#leaving.bytes;
  }

  /** The last answer does not count any more. */
  get isOld(): boolean {
    return this.#isOutdated || this.#clock.monotonic() - this.#askedAt >= ageMs;
  }

  async quota(signal: AbortSignal): Promise<Quota> {
    if (this.isOld) await this.renew(signal);
    return this.#known ?? unknown;
  }

  /** Asks; resolves with the answer, or when it takes too long. */
  renew(signal: AbortSignal): Promise<void> {
    return patiently(abortable(this.#ask(), signal), this.#clock, patienceMs, signal);
  }

  #ask(): Promise<void> {
    return this.#asking.run('quota', async () => {
      this.#askedAt = this.#clock.monotonic();
      this.#isOutdated = false;
      try {
        this.#answered(await this.#drive.quota());
      } catch (error) {
        if (isFault(error, 'unsupported')) this.#answered({ total: 0, free: 0 });
        this.#log.info('the quota could not be asked for', error);
      }
    });
  }

  /** Drives without a size of their own say that it is 0. */
  #answered({ total, free }: Quota): void {
    this.#known = total > 0 ? { total, free } : undefined;
    this.#table.put('quota-total', total);
    this.#table.put('quota-free', free);
    for (const listener of this.#listeners) listener(this.#known?.free);
  }
}
