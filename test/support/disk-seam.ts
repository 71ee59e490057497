// The seam between this process and its disk: every call by which the file system under test changes something below a
// folder passes an observer first, who may look, take a copy, or throw in place of the call. Import it before everything
// else, because others take the functions of node:fs with them when they are loaded. lmdb has a disk access of its own.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

interface DiskCall {
  /** As node:fs calls it, e.g. `writeSync`. */
  readonly what: string;
  readonly path: string;
  /** Bytes that are to be written. */
  readonly bytes: number;
  /** Does so much of a write as a power cut in the middle might leave. */
  readonly half: () => void;
}

type DiskObserver = (call: DiskCall) => void;

interface Watch {
  readonly folder: string;
  readonly observer: DiskObserver;
}

type Call = (...args: unknown[]) => unknown;

const original = { ...fs } as unknown as Readonly<Record<string, Call>>;
const exported = fs as unknown as Record<string, Call>;
const paths = new Map<number, string>();
let watch: Watch | undefined;
let isBusy = false;

const call = (what: string, args: readonly unknown[]): unknown => original[what]?.(...args);

const observe = (what: string, path: string, bytes = 0, half: () => void = () => {}): void => {
  if (watch === undefined || isBusy || !path.startsWith(watch.folder)) return;
  // What the observer does itself is its own affair.
  isBusy = true;
  try {
    watch.observer({ what, path, bytes, half });
  } finally {
    isBusy = false;
  }
};

const seamByPath = (what: string, changes = (_: readonly unknown[]): boolean => true): void => {
  exported[what] = (...args) => {
    if (changes(args)) observe(what, String(args[0]));
    return call(what, args);
  };
};

const seamByDescriptor = (what: string): void => {
  exported[what] = (...args) => {
    const [fd, data, offset, length, position] = args as [number, Uint8Array?, number?, number?, number?];
    const bytes = what === 'writeSync' ? (length ?? 0) : 0;
    observe(what, paths.get(fd) ?? '', bytes, () => {
      if (bytes > 1) call(what, [fd, data, offset, bytes >> 1, position]);
    });
    return call(what, args);
  };
};

for (const what of ['mkdirSync', 'renameSync', 'rmSync', 'unlinkSync', 'copyFileSync', 'linkSync', 'truncateSync'])
  seamByPath(what);
for (const what of ['writeSync', 'ftruncateSync', 'fdatasync', 'fsync', 'fdatasyncSync', 'fsyncSync'])
  seamByDescriptor(what);
exported['openSync'] = (...args) => {
  const path = String(args[0]);
  const makes = typeof args[1] === 'number' && (args[1] & fs.constants.O_CREAT) !== 0;
  if (makes && !fs.existsSync(path)) observe('openSync', path);
  const fd = call('openSync', args) as number;
  paths.set(fd, path);
  return fd;
};
syncBuiltinESMExports();

/** One observer at a time; undefined: nobody looks any more. */
export const watchDisk = (folder: string, observer: DiskObserver | undefined): void => {
  watch = observer && { folder, observer };
};
