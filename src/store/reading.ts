// What lmdb says, and what it does not say, where its file makes no sense.
import { constants } from 'node:os';
import type { Database, Key } from 'lmdb';

/** Exit code of read-all.ts: what the file holds makes no sense. */
export const unreadable = 3;

const { EPERM, EACCES, EROFS, ENOMEM, EAGAIN, EMFILE, ENFILE, ENOSPC, EDQUOT } = constants.errno;
/** MDB_MAP_FULL, MDB_READERS_FULL, MDB_TXN_FULL, MDB_MAP_RESIZED. */
const limits = [-30_792, -30_790, -30_788, -30_785];
/** lmdb's errors have numbers. */
const others: ReadonlySet<unknown> = new Set([
  ...[EPERM, EACCES, EROFS, ENOMEM, EAGAIN, EMFILE, ENFILE, ENOSPC, EDQUOT],
  ...limits,
]);

/** Whether the file is to blame for what lmdb threw, or what was thrown when its log was opened. */
export const isDamage = (error: unknown): boolean => {
  const { code, syscall } = error as { readonly code?: unknown; readonly syscall?: unknown };
  return syscall === undefined && !others.has(code);
};

/** Throws if the table has more rows than were read: where a page makes no sense, lmdb's iterators end as if nothing came behind it. */
export const checkCount = <V, K extends Key>(table: Database<V, K>, read: number): void => {
  const { entryCount } = table.getStats() as { readonly entryCount: number };
  if (read !== entryCount) throw new Error(`of ${entryCount} rows, ${read} can be read`);
};
