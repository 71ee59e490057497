// Run by damage.ts as a process of its own: reads all that lmdb's file (the argument) holds, and writes a row as it was. Ends by a
// signal where the file is damaged, or with the code `unreadable`; with another one where the file was not to blame.
import { type Database, type Key, open } from 'lmdb';
import { checkCount, isDamage, unreadable } from './reading.ts';

const readTable = (table: Database<unknown, Key>): void => {
  let count = 0;
  for (const row of table.getRange()) {
    void row.value;
    count += 1;
  }
  checkCount(table, count);
};

/** What lmdb knows of free pages is read by whoever needs one. */
const writeRow = (table: Database<unknown, Key>): void => {
  try {
    for (const { key, value } of table.getRange({ limit: 1 })) table.transactionSync(() => void table.put(key, value));
  } catch (error) {
    if (isDamage(error)) throw error;
  }
};

const [path = ''] = process.argv.slice(2);
try {
  const root = open<unknown, string>({ path, noSubdir: true, maxDbs: 64 });
  const names = [...root.getKeys()];
  checkCount(root, names.length);
  const tables = names.map((name) => root.openDB<unknown, Key>({ name }));
  for (const table of tables) readTable(table);
  for (const table of tables.slice(0, 1)) writeRow(table);
  process.exit();
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}`);
  process.exit(isDamage(error) ? unreadable : 1);
}
