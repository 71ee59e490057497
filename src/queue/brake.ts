// Notices when far more is removed or rewritten than anybody is likely to mean: a program gone wild, or one that encrypts
// files for ransom. Counts within a window of time; judges against how much there is.
import type { Clock } from '../base/clock.ts';
import type { Intent } from './intent.ts';

export interface BrakeOptions {
  /** Removals, or contents rewritten, that are too many; 0 for never. */
  readonly count: number;
  /** Only if that is also more than this part of all that is known, percent. */
  readonly share: number;
  /** Milliseconds. */
  readonly windowMs: number;
}

export const defaultBrake: BrakeOptions = { count: 1_000, share: 25, windowMs: 60_000 };

export interface BrakeParts {
  readonly clock: Clock;
  /** Files and folders that are known. */
  readonly known: () => number;
  /** Whether the drive has something that is lost with this change. */
  readonly replaces: (intent: Intent) => boolean;
  /** The brake is on: for people, why. */
  readonly braked: (reason: string) => void;
}

const verbs = { remove: 'removed', 'put-content': 'rewritten' } as const;

type Counted = keyof typeof verbs;

const isCounted = (kind: Intent['kind']): kind is Counted => Object.hasOwn(verbs, kind);

/** Changes that came close together are counted together, so that a window takes the same memory however many come. */
interface Slot {
  readonly since: number;
  lastAt: number;
  count: number;
  /** The most that was known meanwhile: what is removed is not known any more once it is sent. */
  known: number;
}

/** Parts of a window that are counted each for itself. */
const slotsOfWindow = 60;

export class Brake {
  readonly #options: BrakeOptions;
  readonly #parts: BrakeParts;
  /** Oldest first; together a window, and at most one slot more. */
  readonly #slots: Record<Counted, Slot[]> = { remove: [], 'put-content': [] };
  /** Somebody has said that it is meant: nothing is counted until there is a pause. */
  #isMeant = false;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(options: BrakeOptions, parts: BrakeParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** A change is journaled. */
  add(intent: Intent): void {
    const { count, windowMs } = this.#options;
    if (count === 0 || !isCounted(intent.kind) || !this.#parts.replaces(intent)) return;
    const now = this.#parts.clock.monotonic();
    if (now - this.#lastAt > windowMs) this.#isMeant = false;
    this.#lastAt = now;
    if (this.#isMeant) return;
    this.#count(intent.kind, now);
    this.#judge(intent.kind);
  }

  /** What was done is meant, and so is more of it that follows at once. */
  released(): void {
    this.#isMeant = true;
    this.#lastAt = this.#parts.clock.monotonic();
    for (const slots of Object.values(this.#slots)) slots.length = 0;
  }

  #count(kind: Counted, now: number): void {
    const { windowMs } = this.#options;
    const slots = this.#slots[kind];
    // A slot counts as long as any of it is within the window: the brake rather holds a moment too early.
    while (slots[0] !== undefined && now - slots[0].lastAt > windowMs) slots.shift();
    const known = this.#parts.known();
    const slot = slots.at(-1);
    if (slot === undefined || now - slot.since >= windowMs / slotsOfWindow) {
      slots.push({ since: now, lastAt: now, count: 1, known });
      return;
    }
    slot.lastAt = now;
    slot.count += 1;
    slot.known = Math.max(slot.known, known);
  }

  #judge(kind: Counted): void {
    const { count, share, windowMs } = this.#options;
    const slots = this.#slots[kind];
    const found = slots.reduce((sum, slot) => sum + slot.count, 0);
    const known = Math.max(...slots.map((slot) => slot.known));
    if (found < count || (100 * found) / Math.max(1, known) <= share) return;
    const window = windowMs >= 1_000 ? `${Math.round(windowMs / 1_000)} s` : `${windowMs} ms`;
    this.#parts.braked(
      `${found} of ${known} files and folders were ${verbs[kind]} within ${window}: "skydrive queue release" if that ` +
        'is meant, "skydrive queue revert" to take it back',
    );
  }
}
