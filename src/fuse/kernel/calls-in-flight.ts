// The requests that are being served, by their number, so that an INTERRUPT finds the one it means.
import type { Call } from './call.ts';

/** Numbers kept of interrupts whose request was not found. A request that was answered already never asks for its own. */
const rememberedInterrupts = 128;

export class CallsInFlight {
  readonly #calls = new Map<number, Call>();
  readonly #early = new Set<number>();

  get size(): number {
    return this.#calls.size;
  }

  add(call: Call): void {
    const { unique } = call.header;
    this.#calls.set(unique, call);
    if (this.#early.delete(unique)) call.interrupt();
  }

  delete(call: Call): void {
    this.#calls.delete(call.header.unique);
  }

  /** An interrupt may overtake its request: then it is remembered for a while. */
  interrupt(unique: number): void {
    const call = this.#calls.get(unique);
    if (call) {
      call.interrupt();
      return;
    }
    this.#early.add(unique);
    const [oldest] = this.#early;
    if (this.#early.size > rememberedInterrupts && oldest !== undefined) this.#early.delete(oldest);
  }

  interruptAll(): void {
    for (const call of this.#calls.values()) call.interrupt();
  }
}
