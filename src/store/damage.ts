// Whether lmdb can read its file, and what to do where it cannot. It maps the file into memory: where pages are missing or make no
// sense, the process that reads them dies by a signal, so another one is sent ahead.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crashSignals } from '../base/crash-signals.ts';
import { unreadable } from './unreadable.ts';

const readAll = fileURLToPath(new URL('./read-all.js', import.meta.url));

/** Of lmdb, and the log of what it has not got yet, which is of no use without it. */
const files = ['metadata.mdb', 'metadata.mdb-lock', 'changes.log'];

/**
 * Why the metadata in the account's folder cannot be read; undefined if they can, or if there are none. Throws where that cannot be
 * found out.
 */
export const damageOf = (folder: string): string | undefined => {
  const path = join(folder, 'metadata.mdb');
  if (!existsSync(path)) return undefined;
  const { status, signal, stderr, error } = spawnSync(process.execPath, [readAll, path], { encoding: 'utf8' });
  if (status === 0) return undefined;
  if (crashSignals.has(signal)) return `reading it ends by ${signal}`;
  const [message = ''] = stderr?.split('\n') ?? [];
  if (status === unreadable) return message;
  throw error ?? new Error(`${path} cannot be read: ${message || signal || `code ${status}`}`);
};

/** Gives the files other names, which end with `mark`. Nothing is deleted, and the next mount begins anew. */
export const putAside = (folder: string, mark: string): void => {
  for (const name of files)
    if (existsSync(join(folder, name))) renameSync(join(folder, name), join(folder, `${name}.${mark}`));
};
