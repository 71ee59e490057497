// A disk of the cache that is full, or cannot be written to, already when something begins to use it: named, with a way out.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FsError } from './base/errors.ts';
import { closedReasons } from './base/file-access.ts';

/** What new metadata take, with something to spare, bytes. lmdb maps its files: without room, a signal ends the process. */
const needed = 256 * 1024;

const full: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
};

const explained = (folder: string, cause: unknown): unknown => {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const reason = full[code] ?? closedReasons[code];
  if (reason === undefined) return cause;
  const message = `nothing can be written in the cache folder ${folder}: ${reason}`;
  const cure = code in full ? 'make room there' : 'make it writable';
  const errno = code in full ? 'ENOSPC' : 'EACCES';
  return new FsError(errno, `${message}; ${cure}, or mount with -o cache_dir=FOLDER`, { cause });
};

/** What `work` gives. Where that may not write or finds no room, the error (an FsError) names `folder`. */
export const withRoom = <T>(folder: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw explained(folder, error);
  }
};

/** Throws as `withRoom` does where a mount could not begin. Asked for by taking it: only so, quotas and reserves count as they do. */
export const checkRoom = (folder: string): void => {
  const path = join(folder, `room.${process.pid}`);
  withRoom(folder, () => {
    try {
      writeFileSync(path, Buffer.alloc(needed), { mode: 0o600 });
    } finally {
      rmSync(path, { force: true });
    }
  });
};
