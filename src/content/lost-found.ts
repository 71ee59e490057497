// Where bytes go that belong to no content any more: they may be nowhere else. Nothing is overwritten there; people clear it.
import { lstatSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FsError } from '../base/errors.ts';
import { makeFolder } from '../base/make-folder.ts';

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Moves `path` to lost+found in the account's `folder`, as `name` or, if that is taken, with a number. Returns where it is; nothing is
 * there with `.txt` behind that, where a note can go.
 */
export const moveToLostFound = (folder: string, path: string, name: string): string => {
  const lost = join(folder, 'lost+found');
  if (statSync(lost, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new FsError('ENOTDIR', `${lost} is not a folder, and has to be: give the file another name`);
  makeFolder(lost, 0o700);
  let to = join(lost, name);
  for (let number = 2; isThere(to) || isThere(`${to}.txt`); number += 1) to = join(lost, `${name}-${number}`);
  renameSync(path, to);
  return to;
};
