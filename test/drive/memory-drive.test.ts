// The in-memory drive of the tests is held to the same suite as the real ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { driveSuite } from '../suites/drive-suite.ts';
import { liveLike, MemoryDrive } from '../support/memory-drive.ts';
import { MemoryStore } from '../support/memory-store.ts';

const options = { pageSize: 10, features: { simpleUploadLimit: 2 ** 18 } };

driveSuite('MemoryDrive', async () => {
  const store = new MemoryStore({ treeVersions: true });
  return { drive: new MemoryDrive({ ...options, store }), another: new MemoryDrive({ ...options, store }) };
});

driveSuite('MemoryDrive with the features of the live dialect', async () => {
  const store = new MemoryStore();
  const features = { ...liveLike, ...options.features };
  return { drive: new MemoryDrive({ ...options, features, store }), another: new MemoryDrive({ features, store }) };
});

test('MemoryDrive lists what stays, whatever others make and remove between two pages', async () => {
  const drive = new MemoryDrive({ pageSize: 3 });
  for (let n = 0; n < 12; n += 1) drive.store.put(`${n}`, '');
  const listed: string[] = [];
  for await (const page of drive.children('root')) {
    listed.push(...page.map(({ name }) => name));
    // What was listed last goes, with one that was listed before it, and another comes.
    for (const name of listed.slice(-2)) drive.store.remove(name);
    if (listed.length < 9) drive.store.put(`new ${listed.length}`, '');
  }
  const expected = Array.from({ length: 12 }, (_, n) => `${n}`);
  assert.deepEqual(listed, [...expected, 'new 3', 'new 6']);
});
