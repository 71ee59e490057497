// Whether this process may use a file: another user's, or one on a disk that became read-only, is there and of no use.
import { accessSync, constants, statSync } from 'node:fs';
import { messageOf } from './errors.ts';

/** By the code of the error with which the system refuses, for people. */
export const closedReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'it is not allowed',
  EROFS: 'the disk is read-only',
};

/** Why a file cannot be read and written, for people; undefined if it can, or is not there. */
export const accessTrouble = (path: string): string | undefined => {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (stat.isDirectory()) return 'it is a folder';
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return closedReasons[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
  }
};
