// A file that a library has mapped into our memory. Pages of it that were touched count as resident until the kernel needs
// them for something else, which on a large machine is never: they can be given back, and come again when they are touched.
import { readFileSync, realpathSync } from 'node:fs';
import { adviseMemory } from './libc.ts';

/** MADV_DONTNEED. Of a shared mapping of a file, only our view of its pages goes; what they hold stays in the page cache. */
const dontNeed = 4;

/** Where the file is mapped, as /proc/PID/maps (proc(5)) tells it. */
export const mappingsOf = (path: string, maps: string): { readonly start: number; readonly length: number }[] =>
  maps.split('\n').flatMap((line) => {
    const [, start, end, isShared, file] = /^([0-9a-f]+)-([0-9a-f]+) ...(.) \S+ \S+ \d+\s+(.*)$/.exec(line) ?? [];
    if (file !== path || isShared !== 's' || start === undefined || end === undefined) return [];
    const from = Number.parseInt(start, 16);
    return [{ start: from, length: Number.parseInt(end, 16) - from }];
  });

export class MappedFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = realpathSync(path);
  }

  /** Bytes whose memory was given back; 0 where the system does not tell what is mapped. */
  giveBack(): number {
    if (process.platform !== 'linux') return 0;
    let given = 0;
    for (const { start, length } of mappingsOf(this.#path, readFileSync('/proc/self/maps', 'utf8')))
      if (adviseMemory(start, length, dontNeed) === 0) given += length;
    return given;
  }
}
