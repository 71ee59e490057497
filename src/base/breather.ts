// Long work on the only thread: done in slices, with others let in between.

/** A slice that takes no call noticeably longer; milliseconds. */
const sliceMs = 4;

export class Breather {
  #since = performance.now();

  /** The slice has had its time: the work should come to a point where it can rest. */
  get isTired(): boolean {
    return performance.now() - this.#since >= sliceMs;
  }

  /** Lets others work, if the slice has had its time. */
  async breathe(): Promise<void> {
    if (!this.isTired) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
