// A set of byte positions, kept as sorted, disjoint, non-adjacent half-open ranges. Immutable: every change is a new set.
export interface Range {
  readonly start: number;
  /** First position behind the range. */
  readonly end: number;
}

export class Ranges {
  static readonly empty = new Ranges([]);
  readonly list: readonly Range[];

  private constructor(list: readonly Range[]) {
    this.list = list;
  }

  /** From pairs as `toPairs` gives them; sorts and merges, so that any list of ranges will do. */
  static from(pairs: readonly (readonly [number, number])[]): Ranges {
    return pairs.reduce((set, [start, end]) => set.add(start, end), Ranges.empty);
  }

  toPairs(): [number, number][] {
    return this.list.map(({ start, end }) => [start, end]);
  }

  /** Number of positions in the set. */
  get size(): number {
    return this.list.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  add(start: number, end: number): Ranges {
    if (start >= end) return this;
    const before = this.list.filter((range) => range.end < start);
    const after = this.list.filter((range) => range.start > end);
    const touching = this.list.slice(before.length, this.list.length - after.length);
    const first = touching[0];
    const last = touching.at(-1);
    const merged = { start: Math.min(start, first?.start ?? start), end: Math.max(end, last?.end ?? end) };
    return new Ranges([...before, merged, ...after]);
  }

  remove(start: number, end: number): Ranges {
    if (start >= end) return this;
    const kept = this.list.flatMap((range) => [
      { start: range.start, end: Math.min(range.end, start) },
      { start: Math.max(range.start, end), end: range.end },
    ]);
    return new Ranges(kept.filter((range) => range.start < range.end));
  }

  without(other: Ranges): Ranges {
    return other.list.reduce<Ranges>((left, range) => left.remove(range.start, range.end), this);
  }

  covers(start: number, end: number): boolean {
    return start >= end || this.list.some((range) => range.start <= start && range.end >= end);
  }

  /** What of [start, end) is not in the set, in order. */
  gaps(start: number, end: number): Range[] {
    if (start >= end) return [];
    let missing = new Ranges([{ start, end }]);
    for (const range of this.list)
      if (range.end > start && range.start < end) missing = missing.remove(range.start, range.end);
    return [...missing.list];
  }
}
