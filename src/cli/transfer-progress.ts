// How far a transfer is, its rate, and the time that is left: one line that is written over, on terminals only. Logs and scripts get
// nothing of it.
import type { Clock } from '../base/clock.ts';
import { formatDuration, formatSize } from '../base/quantity.ts';

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const pauseMs = 200;
/** What was slow a while ago says little of what is to come. */
const windowMs = 10_000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export class TransferProgress {
  readonly #stream: ProgressStream | undefined;
  readonly #clock: Clock;
  #title = '';
  #total: number | undefined;
  #done = 0;
  #samples: Sample[] = [];
  #shownAt = Number.NEGATIVE_INFINITY;
  #isShown = false;

  /** Says nothing on what is no terminal. */
  constructor(stream: ProgressStream, clock: Clock) {
    this.#stream = stream.isTTY === true ? stream : undefined;
    this.#clock = clock;
  }

  /** `total`: bytes; undefined while nobody knows. */
  begin(title: string, total: number | undefined): void {
    this.#title = title;
    this.#total = total;
    this.#done = 0;
    // The first bytes may have been there before: the rate is that of those after them.
    this.#samples = [];
  }

  /** More bytes are there. */
  add(bytes: number): void {
    this.reach(this.#done + bytes);
  }

  /** So many bytes are there in all; fewer than before where something had to start over. */
  reach(bytes: number, total = this.#total): void {
    this.#done = bytes;
    this.#total = total;
    if (this.#stream === undefined) return;
    const now = this.#clock.monotonic();
    if (now - this.#shownAt < pauseMs) return;
    this.#shownAt = now;
    this.#samples = [...this.#samples.filter(({ at }) => now - at <= windowMs), { at: now, bytes }];
    this.#show(this.#line(now));
  }

  /** Takes the line away, for whatever is written next. */
  clear(): void {
    if (!this.#isShown) return;
    this.#stream?.write('\r\x1b[K');
    this.#isShown = false;
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }

  #line(now: number): string {
    const [first] = this.#samples;
    const elapsed = first === undefined ? 0 : now - first.at;
    const rate = first === undefined || elapsed <= 0 ? 0 : ((this.#done - first.bytes) / elapsed) * 1000;
    const parts = [this.#amount()];
    if (rate > 0) parts.push(`${formatSize(rate)}/s`);
    if (rate > 0 && this.#total !== undefined)
      parts.push(`${formatDuration(((this.#total - this.#done) / rate) * 1000)} left`);
    return `${this.#title}: ${parts.join(', ')}`;
  }

  #amount(): string {
    if (this.#total === undefined) return formatSize(this.#done);
    const percent = this.#total === 0 ? 100 : Math.floor((100 * this.#done) / this.#total);
    return `${percent}% of ${formatSize(this.#total)}`;
  }

  #show(line: string): void {
    const width = (this.#stream?.columns || 80) - 1;
    this.#stream?.write(`\r\x1b[K${[...line].slice(0, width).join('')}`);
    this.#isShown = true;
  }
}
