// Run by damage.ts as a process of its own: reads all that lmdb's file (the argument) holds. Ends by a signal where that is damaged,
// or with the code `unreadable`; with another one where the file was not to blame.
import { constants } from 'node:os';
import { open } from 'lmdb';
import { unreadable } from './unreadable.ts';

const { EPERM, EACCES, EROFS, ENOMEM, EAGAIN, EMFILE, ENFILE, ENOSPC } = constants.errno;
/** lmdb's errors have numbers. */
const others: ReadonlySet<unknown> = new Set([EPERM, EACCES, EROFS, ENOMEM, EAGAIN, EMFILE, ENFILE, ENOSPC]);

const [path = ''] = process.argv.slice(2);
try {
  const root = open({ path, noSubdir: true, readOnly: true, maxDbs: 64 });
  for (const name of [...root.getKeys()]) {
    const database = root.openDB({ name: String(name) });
    for (const row of database.getRange()) void row.value;
  }
  process.exit();
} catch (error) {
  process.stderr.write((error as Error).message);
  process.exit(others.has((error as { code?: unknown }).code) ? 1 : unreadable);
}
