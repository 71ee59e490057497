// Those who wait until entries have been sent (`sync`, `unmount`, a remote fsync): what they wait for is sent before all else, and
// without waiting for more changes.
import { setTimeout as pause } from 'node:timers/promises';
import { DriveError } from '../drive/drive-error.ts';
import type { Holds } from './holds.ts';
import type { Entry } from './intent.ts';
import type { Journal } from './journal.ts';
import type { Turns } from './turns.ts';

export type Concerns = (entry: Entry) => boolean;

const fewEntries = 50;
/** Between two looks at what is left of many entries, milliseconds. */
const breathMs = 20;

export class Drains {
  readonly #journal: Journal;
  readonly #turns: Turns;
  readonly #holds: Holds;
  readonly #watchers = new Set<() => void>();
  /** Entries that somebody waits for. */
  readonly #pressing = new Set<Concerns>();

  constructor(journal: Journal, turns: Turns, holds: Holds) {
    this.#journal = journal;
    this.#turns = turns;
    this.#holds = holds;
  }

  isPressing(entry: Entry): boolean {
    return [...this.#pressing].some((concerns) => concerns(entry));
  }

  /** To be called when something has become of an entry. */
  changed(): void {
    for (const wake of [...this.#watchers]) wake();
  }

  /**
   * Resolves when no entry that `concerns` accepts is left but parked ones and those that have to wait for parked ones, which it
   * returns. Rejects with a DriveError when one was tried in vain meanwhile because nobody is signed in, or while the queue is held for
   * that.
   */
  async drain(concerns: Concerns, signal: AbortSignal): Promise<Entry[]> {
    const wanted = this.#withThoseBefore(this.#journal.all().filter(concerns));
    const pressing: Concerns = (entry) => wanted.has(entry.seq) || concerns(entry);
    const known = new Set(this.#signedOut(pressing));
    this.#pressing.add(pressing);
    try {
      this.#turns.hurry(wanted);
      for (;;) {
        const left = this.#parked().filter(concerns);
        if (left.every((entry) => entry.parked !== undefined)) return left;
        // Those of earlier attempts say nothing: somebody may have signed in since.
        const signedOut = this.#signedOut(pressing).find((trouble) => !known.has(trouble));
        if (signedOut !== undefined) throw signedOut;
        const held = this.#holds.reasonOf('signed-out');
        if (held !== undefined) throw new DriveError('signed-out', held);
        await this.#nextChange(signal);
        // Many go one after the other: looking at all that is left after each of them would cost more than sending them.
        if (left.length > fewEntries) await pause(breathMs);
      }
    } finally {
      this.#pressing.delete(pressing);
    }
  }

  #signedOut(concerns: Concerns): DriveError[] {
    const troubles = this.#turns.troubles('signed-out').filter(([seq]) => {
      const entry = this.#journal.get(seq);
      return entry !== undefined && concerns(entry);
    });
    return troubles.map(([, trouble]) => trouble);
  }

  /** The entries, and all that have to be sent before. */
  #withThoseBefore(entries: readonly Entry[]): Set<number> {
    const found = new Set<number>();
    const add = (seq: number): void => {
      if (found.has(seq)) return;
      found.add(seq);
      this.#turns.waitsFor(seq).forEach(add);
    };
    for (const { seq } of entries) add(seq);
    return found;
  }

  /** All entries; those behind a parked one count as parked too, and all do while somebody holds the queue. */
  #parked(): Entry[] {
    const all = this.#journal.all();
    const held = this.#holds.lasting();
    if (held !== undefined) return all.map((entry) => ({ ...entry, parked: entry.parked ?? held.reason }));
    const stuck = new Set(all.filter((entry) => entry.parked !== undefined).map((entry) => entry.seq));
    if (stuck.size === 0) return all;
    return all.map((entry) => {
      if (entry.parked !== undefined || !this.#turns.waitsFor(entry.seq).some((other) => stuck.has(other)))
        return entry;
      stuck.add(entry.seq);
      return { ...entry, parked: 'has to wait for an earlier change that is parked' };
    });
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => (): void => {
        this.#watchers.delete(wake);
        signal.removeEventListener('abort', leave);
        settle();
      };
      const wake = end(resolve);
      const leave = end(() => reject(signal.reason));
      this.#watchers.add(wake);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
