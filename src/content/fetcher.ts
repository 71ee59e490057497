// Brings missing ranges of one version of one item from the drive. Readers that want bytes which are already on their way
// wait for that transfer; whoever leaves does not end it. What is read ahead comes in several ranges side by side, so that
// neither the way to the service nor the speed of one connection is the limit.
import { Ranges } from '../base/ranges.ts';
import type { ByteRange, Drive, Item } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';

/** Takes a piece as it arrives; never called once the fetcher is stopped. */
export type Sink = (offset: number, piece: Uint8Array) => void;

/** One range of what is read ahead, bytes. */
export const partSize = 4 << 20;
/** Less than this is not worth a request of its own, unless nothing is left to wait for. */
const smallestPart = 1 << 20;
/** Ranges of one content under way at a time. */
const mostParts = 4;

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

  /** What has not arrived yet. */
  get left(): ByteRange {
    return { start: this.#position, end: this.range.end };
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
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

const toPair = ({ start, end }: ByteRange): readonly [number, number] => [start, end];

export class Fetcher {
  readonly #drive: Drive;
  readonly #item: Item;
  readonly #sink: Sink;
  readonly #abort = new AbortController();
  readonly #transfers = new Set<Transfer>();
  /** The last transfer failed: until one succeeds, only what somebody waits for is asked for. */
  #isFailing = false;

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

  /** Brings what is missing from `start` to `end` as well, as far as that is worth it; nobody waits for it. */
  readAhead(missing: readonly ByteRange[], end: number): void {
    if (this.#isFailing || this.#transfers.size >= mostParts || this.#abort.signal.aborted) return;
    const coming = Ranges.from([...this.#transfers].map(({ left }) => toPair(left)));
    for (const gap of Ranges.from(missing.map(toPair)).without(coming).list)
      for (let at = gap.start; at < gap.end && this.#transfers.size < mostParts; at += partSize) {
        const stop = Math.min(at + partSize, gap.end);
        // The window will be larger by the next read.
        if (stop - at < smallestPart && stop === end) return;
        this.#start({ start: at, end: stop });
      }
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
    void transfer.run(pieces, sink).finally(() => {
      this.#transfers.delete(transfer);
      this.#isFailing = transfer.hasFailed;
    });
    return transfer;
  }
}
