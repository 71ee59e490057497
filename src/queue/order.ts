// Who may go: for each thing that entries claim, those that came first, and of those either one alone or all that share.
// Entries are added in the order of their numbers.
import type { Claim } from './intent.ts';

interface Line {
  readonly alone: Set<number>;
  readonly shared: Set<number>;
}

const first = (numbers: ReadonlySet<number>): number => {
  for (const number of numbers) return number;
  return Number.POSITIVE_INFINITY;
};

export class Order {
  readonly #lines = new Map<string, Line>();
  readonly #claims = new Map<number, readonly Claim[]>();

  /** True if the entry may go at once. */
  add(seq: number, claims: readonly Claim[]): boolean {
    this.#claims.set(seq, claims);
    for (const claim of claims) {
      const line = this.#lines.get(claim.key) ?? { alone: new Set(), shared: new Set() };
      this.#lines.set(claim.key, line);
      (claim.alone ? line.alone : line.shared).add(seq);
    }
    return this.mayGo(seq);
  }

  mayGo(seq: number): boolean {
    return (this.#claims.get(seq) ?? []).every((claim) => {
      const line = this.#lines.get(claim.key);
      if (line === undefined) return true;
      return claim.alone ? first(line.alone) === seq && first(line.shared) > seq : first(line.alone) > seq;
    });
  }

  /** The entries before this one that have to go first, nearest to their turn. */
  waitsFor(seq: number): number[] {
    const before = (this.#claims.get(seq) ?? []).flatMap((claim) => {
      const line = this.#lines.get(claim.key);
      if (line === undefined) return [];
      return claim.alone ? [...line.alone, ...line.shared] : [...line.alone];
    });
    return before.filter((other) => other < seq);
  }

  /** Gives up what the entry claims; returns those that may go now because of it. */
  remove(seq: number): number[] {
    const freed = new Set<number>();
    for (const claim of this.#claims.get(seq) ?? []) {
      const line = this.#lines.get(claim.key);
      if (line === undefined) continue;
      line.alone.delete(seq);
      line.shared.delete(seq);
      if (line.alone.size + line.shared.size === 0) this.#lines.delete(claim.key);
      for (const next of this.#next(line, claim.alone)) freed.add(next);
    }
    this.#claims.delete(seq);
    return [...freed].filter((next) => this.mayGo(next)).sort((a, b) => a - b);
  }

  /** Those in a line that may have waited for the one that left it. */
  #next(line: Line, leftAlone: boolean): number[] {
    const alone = first(line.alone);
    const sharing = leftAlone ? [...line.shared].filter((seq) => seq < alone) : [];
    return alone === Number.POSITIVE_INFINITY ? sharing : [...sharing, alone];
  }
}
