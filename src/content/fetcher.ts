// Brings missing ranges of one version of one item from the drive. Readers that want bytes which are already on their way
// wait for that transfer; whoever leaves does not end it.
import type { ByteRange, Drive, Item } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';

/** Takes a piece as it arrives; never called once the fetcher is stopped. */
export type Sink = (offset: number, piece: Uint8Array) => void;

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

class Transfer {
  readonly range: ByteRange;
  #position: number;
  #failure: { readonly reason: unknown } | undefined;
  #waiters: Waiter[] = [];

  constructor(range: ByteRange) {
    this.range = range;
    this.#position = range.start;
  }

  /** Still to come: bytes at `position` will arrive. */
  willReach(position: number): boolean {
    return this.#failure === undefined && this.#position <= position && position < this.range.end;
  }

  reached(position: number): Promise<void> {
    if (this.#position >= position) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    return new Promise((resolve, reject) => this.#waiters.push({ position, resolve, reject }));
  }

  async run(pieces: AsyncIterable<Uint8Array>, sink: Sink): Promise<void> {
    try {
      for await (const piece of pieces) {
        sink(this.#position, piece);
        this.#position += piece.length;
        this.#wake();
      }
      this.#fail(new DriveError('broken', `bytes ${this.#position} to ${this.range.end} did not arrive`));
    } catch (reason) {
      this.#fail(reason);
    }
  }

  #fail(reason: unknown): void {
    if (this.#position >= this.range.end) return;
    this.#failure = { reason };
    for (const waiter of this.#waiters) waiter.reject(reason);
    this.#waiters = [];
  }

  #wake(): void {
    const served = this.#waiters.filter((waiter) => waiter.position <= this.#position);
    this.#waiters = this.#waiters.filter((waiter) => waiter.position > this.#position);
    for (const waiter of served) waiter.resolve();
  }
}

export class Fetcher {
  readonly #drive: Drive;
  readonly #item: Item;
  readonly #sink: Sink;
  readonly #abort = new AbortController();
  readonly #transfers = new Set<Transfer>();

  constructor(drive: Drive, item: Item, sink: Sink) {
    this.#drive = drive;
    this.#item = item;
    this.#sink = sink;
  }

  /**
   * Resolves when more of the bytes from `wanted.start` on are there (maybe not all of `wanted`); starts a transfer of
   * `ahead` if none brings them already. Rejects with the drive's error.
   */
  async bring(wanted: ByteRange, ahead: ByteRange): Promise<void> {
    const underWay = [...this.#transfers].find((running) => running.willReach(wanted.start));
    const transfer = underWay ?? this.#start(ahead);
    await transfer.reached(Math.min(wanted.end, transfer.range.end));
  }

  /** Ends all transfers: nobody needs these bytes any more. */
  stop(): void {
    this.#abort.abort(new Error('the content is not needed any more'));
  }

  #start(range: ByteRange): Transfer {
    const transfer = new Transfer(range);
    this.#transfers.add(transfer);
    const pieces = this.#drive.read(this.#item, range, this.#abort.signal);
    const sink: Sink = (offset, piece) => {
      // A piece may have been on its way when it ended: the content may be closed, or of another version.
      this.#abort.signal.throwIfAborted();
      this.#sink(offset, piece);
    };
    void transfer.run(pieces, sink).finally(() => this.#transfers.delete(transfer));
    return transfer;
  }
}
