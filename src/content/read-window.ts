// How far one reader reads ahead: doubles while it reads on where it stopped, collapses when it jumps.
const smallest = 128 * 1024;
const largest = 16 * 1024 * 1024;

export class ReadWindow {
  #next = 0;
  #size = smallest;

  /** Bytes worth fetching from `offset` on for a read of `length` there. */
  take(offset: number, length: number): number {
    // The kernel reads ahead on its own and may ask out of order within what it reads ahead.
    const isOn = offset <= this.#next && offset + length + smallest >= this.#next;
    this.#size = isOn ? Math.min(this.#size * 2, largest) : smallest;
    this.#next = Math.max(isOn ? this.#next : 0, offset + length);
    return Math.max(this.#size, length);
  }
}
