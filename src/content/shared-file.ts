// A file that others read directly, and that programs which map it into memory may write to: tells their changes of it from
// our own, by the time of its last change. Owned by one content, from when it is handed out.
import { fstatSync } from 'node:fs';

export class SharedFile {
  readonly #fd: number;
  /** When we changed the file last, nanoseconds since 1970. */
  #ours: bigint;

  constructor(fd: number) {
    this.#fd = fd;
    this.#ours = this.#changed();
  }

  /** To be called after each change of our own. */
  noteOurs(): void {
    this.#ours = this.#changed();
  }

  /** True once for each time that others have written since. */
  takeOthers(): boolean {
    const changed = this.#changed();
    if (changed === this.#ours) return false;
    this.#ours = changed;
    return true;
  }

  #changed(): bigint {
    return fstatSync(this.#fd, { bigint: true }).mtimeNs;
  }
}
