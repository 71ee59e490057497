// The file on this disk that holds the bytes of one content: how it is read and written, also where the disk is full, and what is
// kept of it for others (states of a moment, readers of the file itself). Which of its bytes count is ContentFile's affair.
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { FsError } from '../base/errors.ts';
import { FrozenContent } from './frozen-content.ts';
import { SharedFile } from './shared-file.ts';

const syncData = promisify(fdatasync);

/** Zeros written at a time, bytes. */
const zerosAtOnce = 1 << 20;

export const diskFull = (cause?: unknown): FsError => new FsError('ENOSPC', 'the disk of the cache is full', { cause });

const openAnyhow = (path: string): number => {
  const flags = constants.O_RDWR | constants.O_CREAT;
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, flags, 0o600);
  }
};

export class StagedFile {
  readonly path: string;
  readonly #fd: number;
  readonly #makeRoom: (bytes: number) => boolean;
  readonly #frozen = new Set<FrozenContent>();
  /** Once others read the file itself: its end must be that of the content. */
  #shared: SharedFile | undefined;

  /** `makeRoom` is asked when the disk is full; false if nothing could be freed. */
  constructor(path: string, makeRoom: (bytes: number) => boolean) {
    this.path = path;
    this.#fd = openAnyhow(path);
    this.#makeRoom = makeRoom;
  }

  stat(): Stats {
    return fstatSync(this.#fd);
  }

  /** Nanoseconds since 1970. */
  get changedAtNs(): bigint {
    return fstatSync(this.#fd, { bigint: true }).mtimeNs;
  }

  /** What is not in the file is zero: a hole at the end of the content need not be. */
  read(offset: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(Math.max(0, length));
    return buffer.fill(0, readSync(this.#fd, buffer, 0, buffer.length, offset));
  }

  /** All of `data`, or ENOSPC. */
  write(offset: number, data: Uint8Array): void {
    for (let done = 0; done < data.length; ) {
      try {
        done += writeSync(this.#fd, data, done, data.length - done, offset + done);
      } catch (error) {
        const isFull = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
        if (!isFull) throw error;
        if (!this.#makeRoom(data.length - done)) throw diskFull(error);
      }
    }
  }

  writeZeros(start: number, end: number): void {
    const zeros = Buffer.alloc(Math.min(end - start, zerosAtOnce));
    for (let at = start; at < end; at += zeros.length)
      this.write(at, zeros.subarray(0, Math.min(zeros.length, end - at)));
  }

  /** Cuts off what is behind `end`, if there is anything. */
  cut(end: number): void {
    if (this.stat().size > end) ftruncateSync(this.#fd, end);
  }

  sync(): Promise<void> {
    return syncData(this.#fd);
  }

  /** The descriptor, for others to read a content of `size` bytes from while the file is open. */
  handOut(size: number): number {
    if (this.#shared === undefined) {
      if (this.stat().size !== size) ftruncateSync(this.#fd, size);
      this.#shared = new SharedFile(this.#fd);
    }
    return this.#fd;
  }

  get isHandedOut(): boolean {
    return this.#shared !== undefined;
  }

  /** The content ends elsewhere now; those who read the file itself see that. */
  lengthen(size: number): void {
    if (this.#shared !== undefined) ftruncateSync(this.#fd, size);
  }

  /** To be called after each change of our own. */
  noteOurs(): void {
    this.#shared?.noteOurs();
  }

  /** True once for each time that others have written to the file itself since. */
  takeOthers(): boolean {
    return this.#shared?.takeOthers() === true;
  }

  /** The state that the first `size` bytes have now, for as long as that is needed. */
  freeze(size: number): FrozenContent {
    const frozen = new FrozenContent(this.#fd, size, `${this.path}.frozen`, (one) => this.#frozen.delete(one));
    this.#frozen.add(frozen);
    return frozen;
  }

  /** The bytes from `start` to `end` are about to be overwritten or cut off. */
  keepFrozen(start: number, end: number): void {
    for (const frozen of this.#frozen) frozen.keep(start, end);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
