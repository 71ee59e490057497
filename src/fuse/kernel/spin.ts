// How long it pays to stay awake after a reply. A program that works its way through a tree asks again within
// microseconds, while waking up from a wait costs 50 and more. The window opens when requests come in quick succession, and
// closes by halves when nothing came: idle, nothing spins.

/** Milliseconds. */
const widest = 0.06;
const narrowest = 0.004;
/** A request this soon after a reply would have been worth waiting for. */
const soon = 0.2;

export class Spin {
  #window = widest;
  #repliedAt = 0;
  #waiting = false;

  /** All times are milliseconds of one clock that never goes back. */
  replied(now: number): void {
    this.#repliedAt = now;
    this.#waiting = true;
  }

  requested(now: number): void {
    if (now - this.#repliedAt < soon) this.#window = widest;
    this.#waiting = false;
  }

  /** Nothing is there to be read. True: look again at once. */
  again(now: number): boolean {
    if (!this.#waiting) return false;
    if (now - this.#repliedAt < this.#window) return true;
    this.#waiting = false;
    this.#window = this.#window < narrowest ? 0 : this.#window / 2;
    return false;
  }
}
