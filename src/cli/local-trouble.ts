// What this computer's file system refused, in a sentence that names the file and what to do about it.
import { closedReasons } from '../base/file-access.ts';
import { ControlError, type FailureKind } from '../daemon/protocol.ts';
import { printable } from './terminal.ts';

const reasons: Readonly<Record<string, string>> = {
  ...closedReasons,
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota on this computer is used up',
  EISDIR: 'it is a folder',
  ENOTDIR: 'something on the way to it is no folder',
  // Only making the folders on the way meets this one.
  EEXIST: 'something on the way to it is no folder',
  ENAMETOOLONG: 'the name is too long for this disk',
  EMFILE: 'too many files are open',
  EIO: 'the disk fails',
  ELOOP: 'its links lead in circles',
};

/** The error for what went wrong when `verb` was done with `path`; all that is no error of a system call stays as it is. */
export const localTrouble = (verb: string, path: string, cause: unknown): unknown => {
  const { code } = cause as NodeJS.ErrnoException;
  if (!(cause instanceof Error) || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return cause;
  const kind: FailureKind = code === 'ENOENT' ? 'missing' : 'failed';
  return new ControlError(`${printable(path)} cannot be ${verb}: ${reasons[code] ?? code}`, { kind, cause });
};

export const locally = async <T>(verb: string, path: string, work: () => Promise<T> | T): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw localTrouble(verb, path, error);
  }
};
