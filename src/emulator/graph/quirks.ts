// Which quirks are on, and the dice behind them. One by one from the settings, and a handful chosen by a seed: equal seeds choose the
// same quirks and throw the same dice in the same order of calls. Owned by graph-services.ts.
import type { EmulatorSettings } from '../emulator-options.ts';
import { randomNumbers } from '../faults.ts';
import { isQuirkName, type QuirkName, quirkNames, quirkTable } from './quirk-table.ts';

type QuirkValue = number | string | boolean;
export type QuirkValues = Readonly<Record<string, QuirkValue>>;

/** Why a value can't be one of that quirk; undefined: it can. */
const valueFault = (name: QuirkName, value: QuirkValue): string | undefined => {
  const { unit } = quirkTable[name];
  if (value === false) return undefined;
  if (unit === 'flag') return value === true ? undefined : `'${name}' is on or off (true, false)`;
  if (typeof unit !== 'string') {
    return (unit as readonly string[]).includes(String(value)) ? undefined : `'${name}' is one of ${unit.join(', ')}`;
  }
  const most = unit === 'p' ? 1 : Number.POSITIVE_INFINITY;
  const fits = typeof value === 'number' && value >= 0 && value <= most;
  return fits ? undefined : `'${name}' is a number from 0 to ${most}`;
};

/** Throws RangeError for a name or value that means nothing. */
export const checkQuirks = (values: QuirkValues): void => {
  for (const [name, value] of Object.entries(values)) {
    if (!isQuirkName(name)) throw new RangeError(`there is no quirk '${name}'`);
    const fault = valueFault(name, value);
    if (fault !== undefined) throw new RangeError(fault);
  }
};

/** A handful of quirks, always the same for a seed. */
export const randomQuirks = (seed: number): QuirkValues => {
  const random = randomNumbers(seed);
  const choosable = quirkNames.filter((name) => quirkTable[name].usual !== undefined);
  const chosen = new Map<string, QuirkValue>();
  const count = 4 + Math.floor(random() * 6);
  while (chosen.size < count) {
    const name = choosable[Math.floor(random() * choosable.length)];
    const usual = name === undefined ? undefined : quirkTable[name].usual;
    if (name !== undefined && usual !== undefined) chosen.set(name, usual);
  }
  return Object.fromEntries(chosen);
};

/** So that every quirk throws dice of its own. */
const seedOf = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);

type QuirkSettings = Pick<EmulatorSettings, 'quirks' | 'quirkSeed'>;

export class Quirks {
  readonly #settings: () => QuirkSettings;
  readonly #now: () => number;
  readonly #happened = new Map<QuirkName, number>();
  readonly #dice = new Map<QuirkName, () => number>();
  #since: QuirkSettings | undefined;
  #values: QuirkValues = {};

  constructor(settings: () => QuirkSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** What is on now. */
  get values(): QuirkValues {
    const { quirks, quirkSeed } = this.#settings();
    if (this.#since?.quirks === quirks && this.#since.quirkSeed === quirkSeed) return this.#values;
    this.#values = { ...(quirkSeed === 0 ? {} : randomQuirks(quirkSeed)), ...quirks };
    this.#since = { quirks, quirkSeed };
    // A new setting starts from nothing: counts that were used up, dice that were thrown.
    this.#happened.clear();
    this.#dice.clear();
    return this.#values;
  }

  /** How often each one made a difference. */
  get happened(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#happened);
  }

  on(name: QuirkName): boolean {
    const value = this.values[name];
    return value !== undefined && value !== false && value !== 0;
  }

  word(name: QuirkName): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  number(name: QuirkName): number {
    const value = this.values[name];
    return typeof value === 'number' ? value : 0;
  }

  /** Throws the dice of a quirk with a probability. */
  strikes(name: QuirkName): boolean {
    const chance = this.number(name);
    if (chance <= 0) return false;
    const dice = this.#dice.get(name) ?? randomNumbers(this.#settings().quirkSeed + seedOf(name));
    this.#dice.set(name, dice);
    const struck = dice() < chance;
    if (struck) this.#count(name);
    return struck;
  }

  /** Uses up one of the times that a counted quirk has. */
  spends(name: QuirkName): boolean {
    const left = this.number(name) - (this.#happened.get(name) ?? 0);
    if (left <= 0) return false;
    this.#count(name);
    return true;
  }

  /** A counted quirk whose times are used up. */
  spent(name: QuirkName): boolean {
    return this.number(name) > 0 && (this.#happened.get(name) ?? 0) >= this.number(name);
  }

  /** Whether an event of that time is still within the quirk's window. */
  within(name: QuirkName, eventMs: number): boolean {
    const window = this.number(name);
    if (window <= 0 || this.#now() - eventMs >= window) return false;
    this.#count(name);
    return true;
  }

  #count(name: QuirkName): void {
    this.#happened.set(name, (this.#happened.get(name) ?? 0) + 1);
  }
}
