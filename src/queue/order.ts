// Who may go: for each thing that entries claim, those that came first, and of those either one alone or all that share.
import type { Claim } from './intent.ts';

/** Numbers of entries, ascending. */
interface Line {
  readonly alone: number[];
  readonly shared: number[];
}

/** Where the number is, or would be. */
const placeOf = (numbers: readonly number[], number: number): number => {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < number) low = middle + 1;
    else high = middle;
  }
  return low;
};

const insert = (numbers: number[], number: number): void => {
  const place = placeOf(numbers, number);
  if (numbers[place] !== number) numbers.splice(place, 0, number);
};

const strike = (numbers: number[], number: number): void => {
  const place = placeOf(numbers, number);
  if (numbers[place] === number) numbers.splice(place, 1);
};

const first = (numbers: readonly number[]): number => numbers[0] ?? Number.POSITIVE_INFINITY;

export class Order {
  readonly #lines = new Map<string, Line>();
  readonly #claims = new Map<number, readonly Claim[]>();

  claimsOf(seq: number): readonly Claim[] {
    return this.#claims.get(seq) ?? [];
  }

  /** True if the entry may go at once. */
  add(seq: number, claims: readonly Claim[]): boolean {
    this.#claims.set(seq, claims);
    for (const claim of claims) {
      const line = this.#lines.get(claim.key) ?? { alone: [], shared: [] };
      this.#lines.set(claim.key, line);
      insert(claim.alone ? line.alone : line.shared, seq);
    }
    return this.mayGo(seq);
  }

  mayGo(seq: number): boolean {
    return this.claimsOf(seq).every((claim) => {
      const line = this.#lines.get(claim.key);
      if (line === undefined) return true;
      return claim.alone ? first(line.alone) === seq && first(line.shared) > seq : first(line.alone) > seq;
    });
  }

  /** The entries before this one that have to go first, nearest to their turn. */
  waitsFor(seq: number): number[] {
    const before = this.claimsOf(seq).flatMap((claim) => {
      const line = this.#lines.get(claim.key);
      if (line === undefined) return [];
      return claim.alone ? [...line.alone, ...line.shared] : [...line.alone];
    });
    return before.filter((other) => other < seq);
  }

  /** Whether an entry behind `seq`, other than `except`, would have to wait for these claims. */
  isAwaited(seq: number, claims: readonly Claim[], except?: number): boolean {
    const isBehind = (numbers: readonly number[]): boolean => numbers.some((other) => other > seq && other !== except);
    return claims.some(({ key, alone }) => {
      const line = this.#lines.get(key);
      return line !== undefined && (isBehind(line.alone) || (alone && isBehind(line.shared)));
    });
  }

  /** Gives up what the entry claims; returns those that may go now because of it. */
  remove(seq: number): number[] {
    const freed = new Set<number>();
    for (const claim of this.claimsOf(seq)) {
      const line = this.#lines.get(claim.key);
      if (line === undefined) continue;
      strike(line.alone, seq);
      strike(line.shared, seq);
      if (line.alone.length + line.shared.length === 0) this.#lines.delete(claim.key);
      for (const next of this.#next(line, claim.alone)) freed.add(next);
    }
    this.#claims.delete(seq);
    return [...freed].filter((next) => this.mayGo(next)).sort((a, b) => a - b);
  }

  /** Those in a line that may have waited for the one that left it. */
  #next(line: Line, leftAlone: boolean): number[] {
    const alone = first(line.alone);
    const sharing = leftAlone ? line.shared.slice(0, placeOf(line.shared, alone)) : [];
    return alone === Number.POSITIVE_INFINITY ? sharing : [...sharing, alone];
  }
}
