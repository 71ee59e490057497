// Whether lmdb can read its file, and what to do where it cannot. It maps the file into memory: where pages are missing or make no
// sense, the process that reads them dies by a signal, so another one is sent ahead.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crashSignals } from '../base/crash-signals.ts';
import { accessTrouble } from '../base/file-access.ts';
import { unreadable } from './reading.ts';

const readAll = fileURLToPath(new URL('./read-all.js', import.meta.url));

/** Of lmdb, and the log of what it has not got yet, which is of no use without it. */
const files = ['metadata.mdb', 'metadata.mdb-lock', 'changes.log'];

/**
 * Throws where a file of the metadata in the account's folder may not be read and written: that is no damage, but lmdb dies of a
 * lock that it cannot open, as if it were.
 */
export const checkAccess = (folder: string): void => {
  for (const path of files.map((name) => join(folder, name))) {
    const why = accessTrouble(path);
    if (why !== undefined) throw new Error(`${path} cannot be read and written: ${why}`);
  }
};

/**
 * Why the metadata in the account's folder cannot be read; undefined if they can, or if there are none. Throws where that cannot be
 * found out.
 */
export const damageOf = (folder: string): string | undefined => {
  const path = join(folder, 'metadata.mdb');
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (size === undefined) return undefined;
  if (size === 0) return 'it is empty';
  checkAccess(folder);
  const { status, signal, stderr, error } = spawnSync(process.execPath, [readAll, path], { encoding: 'utf8' });
  if (status === 0) return undefined;
  if (crashSignals.has(signal)) return `reading it ends by ${signal}`;
  // Before it, lmdb may have said something of its own.
  const message = stderr?.split('\n').at(-1) ?? '';
  if (status === unreadable) return message;
  throw error ?? new Error(`${path} cannot be read: ${message || signal || `code ${status}`}`);
};

const cure = '"skydrive check --repair" puts it aside, and the next mount brings them to lost+found';

/** A sentence for people. `then`: what becomes of the file. */
export const tellDamage = (folder: string, why: string, then = cure): string =>
  `what is known of the drive is damaged (${join(folder, 'metadata.mdb')}: ${why}); ` +
  `contents that were not sent are unharmed, in content/ beside it: ${then}`;

/** Gives the files other names, which end with `mark`. Nothing is deleted, and the next mount begins anew. */
export const putAside = (folder: string, mark: string): void => {
  for (const name of files)
    if (existsSync(join(folder, name))) renameSync(join(folder, name), join(folder, `${name}.${mark}`));
};
