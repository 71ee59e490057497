// Run by damage.ts as a process of its own: reads all that lmdb's file (the argument) holds. Ends by a signal where that is damaged.
import { open } from 'lmdb';

const [path = ''] = process.argv.slice(2);
const root = open({ path, noSubdir: true, readOnly: true, maxDbs: 64 });
for (const name of [...root.getKeys()]) {
  const database = root.openDB({ name: String(name) });
  for (const row of database.getRange()) void row.value;
}
process.exit();
