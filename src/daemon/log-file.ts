// A log on disk whose size is bounded: when the file is full it becomes `.1`, and the former `.1` is gone. Lines that come
// before the file is known are kept until it is opened. Writing is synchronous, so that the last words before a crash are there.
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const mostWaiting = 1000;

export class LogFile {
  readonly #limit: number;
  #path: string | undefined;
  #descriptor: number | undefined;
  #size = 0;
  #waiting: string[] = [];

  /** `limit` in bytes, for each of the two files. */
  constructor(limit = 4 * 2 ** 20) {
    this.#limit = limit;
  }

  get path(): string | undefined {
    return this.#path;
  }

  open(path: string): void {
    this.close();
    this.#path = path;
    this.#descriptor = openSync(path, 'a', 0o600);
    this.#size = fstatSync(this.#descriptor).size;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const line of waiting) this.write(line);
  }

  /** Never throws: a log that cannot be written must not stop the mount. */
  write(line: string): void {
    if (this.#descriptor === undefined) {
      if (this.#waiting.length < mostWaiting) this.#waiting.push(line);
      return;
    }
    try {
      const bytes = Buffer.from(`${line}\n`);
      if (this.#size > 0 && this.#size + bytes.length > this.#limit) this.#turn();
      this.#size += writeSync(this.#descriptor ?? -1, bytes);
    } catch {
      // The disk is full, most likely; there is nowhere left to say so.
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #turn(): void {
    const path = this.#path;
    if (path === undefined) return;
    this.close();
    renameSync(path, `${path}.1`);
    this.#descriptor = openSync(path, 'a', 0o600);
    this.#size = 0;
  }
}
