// One state of a content, readable while the content is written to: before bytes are overwritten, what was there is put aside.
// Owned by whoever froze the content, until `release`.
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { Ranges } from '../base/ranges.ts';

const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;

export class FrozenContent {
  readonly size: number;
  readonly #fd: number;
  readonly #release: (frozen: FrozenContent) => void;
  readonly #aside: number;
  #saved = Ranges.empty;
  #isBroken = false;

  /** All bytes of `fd` up to `size` are there; `path` is free. */
  constructor(fd: number, size: number, path: string, release: (frozen: FrozenContent) => void) {
    this.#fd = fd;
    this.size = size;
    this.#release = release;
    this.#aside = openSync(path, flags, 0o600);
    unlinkSync(path);
  }

  /** The bytes from `start` to `end` are about to be overwritten or cut off. Never throws: a writer must not suffer from it. */
  keep(start: number, end: number): void {
    try {
      const stop = Math.min(end, this.size);
      for (const gap of start < stop ? this.#saved.gaps(start, stop) : []) this.#put(gap.start, gap.end);
    } catch {
      this.#isBroken = true;
    }
  }

  /** Undefined if bytes could not be put aside. */
  read(offset: number, length: number): Uint8Array | undefined {
    if (this.#isBroken) return undefined;
    const end = Math.min(offset + length, this.size);
    const bytes = readAll(this.#fd, offset, end);
    for (const saved of this.#savedIn(offset, end))
      bytes.set(readAll(this.#aside, saved.start, saved.end), saved.start - offset);
    return bytes;
  }

  release(): void {
    this.#release(this);
    closeSync(this.#aside);
  }

  #savedIn(start: number, end: number): { readonly start: number; readonly end: number }[] {
    return this.#saved.list
      .filter((range) => range.start < end && range.end > start)
      .map((range) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }));
  }

  #put(start: number, end: number): void {
    const bytes = readAll(this.#fd, start, end);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#aside, bytes, done, bytes.length - done, start + done);
    this.#saved = this.#saved.add(start, end);
  }
}

/** A hole at the end is not in the file: what cannot be read is zero. */
const readAll = (fd: number, start: number, end: number): Buffer => {
  const bytes = Buffer.allocUnsafe(Math.max(0, end - start));
  return bytes.fill(0, readSync(fd, bytes, 0, bytes.length, start));
};
