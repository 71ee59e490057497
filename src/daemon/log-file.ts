// A log on disk whose size is bounded: when the file is full it becomes `.1`, and the former `.1` is gone. Lines that come
// before the file is known are kept until it is opened. Writing is synchronous, so that the last words before a crash are there.
import { closeSync, constants, fstatSync, openSync, renameSync, truncateSync, writeSync } from 'node:fs';

const mostWaiting = 1000;

const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;

/** Never waits: of a pipe that nobody reads, it throws. */
const openLog = (path: string): number => openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);

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

  /** Throws where the file cannot be opened; lines are not kept any longer then. */
  open(path: string): void {
    this.close();
    this.#path = path;
    try {
      this.#descriptor = openLog(path);
    } catch (error) {
      this.#waiting = [];
      throw error;
    }
    this.#size = fstatSync(this.#descriptor).size;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const line of waiting) this.write(line);
  }

  /** Never throws: a log that cannot be written must not stop the mount. */
  write(line: string): void {
    if (this.#descriptor === undefined) {
      if (this.#path === undefined && this.#waiting.length < mostWaiting) this.#waiting.push(line);
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
    try {
      renameSync(path, `${path}.1`);
    } catch {
      // Something has that name which is no file. What was written last is worth more than what came before.
      truncateSync(path);
    }
    this.close();
    this.#descriptor = openLog(path);
    this.#size = 0;
  }
}
