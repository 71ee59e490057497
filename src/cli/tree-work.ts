// What the transfers of whole trees have in common: a failure in one place is told, and does not keep the rest from being done; a few
// files at a time, since small ones are mostly waiting.
import { failureOf } from '../daemon/failure.ts';
import { Semaphore } from '../drive/semaphore.ts';
import type { CommandContext } from './command-context.ts';
import { printable } from './terminal.ts';
import type { TransferProgress } from './transfer-progress.ts';

/** The drive's own limits hold besides. */
const atATime = 4;

export class TreeWork {
  readonly #context: CommandContext;
  readonly #progress: TransferProgress;
  readonly #places = new Semaphore(atATime);
  #failures = 0;

  constructor(context: CommandContext, progress: TransferProgress) {
    this.#context = context;
    this.#progress = progress;
  }

  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** One file; `transfer` tells how many of its bytes are there. */
  async file(transfer: (onProgress: (bytes: number) => void) => Promise<unknown>): Promise<void> {
    let before = 0;
    const onProgress = (bytes: number): void => {
      this.#progress.add(bytes - before);
      before = bytes;
    };
    await this.#places.run(() => transfer(onProgress), this.#context.interruption);
  }

  /** Only an interruption gets past it. */
  async tried(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#context.interruption.throwIfAborted();
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    this.#failures += 1;
    this.#progress.clear();
    this.#context.terminal.failure(failureOf(error).message, error);
  }

  leftOut(path: string, reason: string): void {
    this.#progress.clear();
    this.#context.terminal.note(`skydrive: ${printable(path)} ${reason}: left out`);
  }
}
