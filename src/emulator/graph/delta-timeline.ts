// When each drive's sequence of changes had got how far, as far as requests have seen it: so that the change feed can be late. Owned
// by graph-services.ts.

interface Mark {
  readonly atMs: number;
  readonly sequence: number;
}

const kept = 2000;

export class DeltaTimeline {
  readonly #marks = new Map<string, Mark[]>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  note(uid: string, sequence: number): void {
    const marks = this.#marks.get(uid) ?? [];
    if (marks.at(-1)?.sequence === sequence) return;
    marks.push({ atMs: this.#now(), sequence });
    this.#marks.set(uid, marks.slice(-kept));
  }

  /** The last change that was known `ms` ago. */
  horizon(uid: string, ms: number): number {
    const before = this.#now() - ms;
    const marks = this.#marks.get(uid) ?? [];
    // What was there when the first request came is old.
    return (marks.findLast((mark) => mark.atMs <= before) ?? marks[0])?.sequence ?? 0;
  }
}
