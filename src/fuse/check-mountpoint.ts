// Whether a folder can be mounted on, said in a sentence that names it. Mounts left behind by a server that died are
// detached on the way.
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { detach, isDead } from './dead-mount.ts';
import { MountError } from './driver.ts';
import { mountAt } from './mount-table.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; make it with mkdir',
  ENOTDIR: 'is not a folder',
  EACCES: 'may not be entered by this user',
  ENOTCONN: 'lies in a mount whose server is gone; unmount that first',
};

const asMountError = (path: string, error: unknown): unknown => {
  if (error instanceof MountError || !(error instanceof Error)) return error;
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''];
  return new MountError(`the mountpoint ${path} ${reason ?? `cannot be used: ${error.message}`}`, { cause: error });
};

/** Several mounts may lie upon each other, each of them dead. */
const clearDeadMounts = async (path: string): Promise<void> => {
  for (let record = await mountAt(path); record; record = await mountAt(path)) {
    if (!record.type.startsWith('fuse') || !(await isDead(path))) {
      throw new MountError(`${path} is a mountpoint already: ${record.source} (${record.type}) is mounted there`);
    }
    await detach(path);
  }
};

const checkFolder = async (path: string): Promise<string> => {
  // The last part must not be looked at before it is known that no dead mount hides there.
  const place = join(await realpath(dirname(path)), basename(path));
  await clearDeadMounts(place);
  const found = await lstat(place);
  if (found.isSymbolicLink()) return checkFolder(await realpath(place));
  if (!found.isDirectory()) throw new MountError(`the mountpoint ${path} is not a folder`);
  const [first] = await readdir(place);
  if (first !== undefined) throw new MountError(`the mountpoint ${path} is not empty: it holds '${first}'`);
  return place;
};

/**
 * Resolves to the folder's path without symbolic links. Rejects with a MountError if it is missing, not a folder, not
 * empty, or in use as a mountpoint.
 */
export const checkMountpoint = async (path: string): Promise<string> => {
  try {
    return await checkFolder(resolve(path));
  } catch (error) {
    throw asMountError(path, error);
  }
};
