// Metadata that turn out to be damaged while they are in use.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { failureOf } from '../../src/fs/errno.ts';
import { damagePages } from '../support/damage-pages.ts';
import { Bench } from '../support/opened.ts';

test('who needs what cannot be read gets EIO; why is told, and nothing is sent', async () => {
  await using bench = await Bench.open();
  for (let number = 0; number < 1000; number += 1) bench.memory.store.put(`f/file ${number}`, 'x');
  await bench.list('/f');
  await bench.reopen();
  damagePages(join(bench.folder, 'metadata.mdb'), 'file 500');
  const error = await bench.calls.lstat('/f/file 500').catch((caught: unknown) => caught);
  const { code, kind } = failureOf(error);
  assert.deepEqual([code, kind], ['EIO', 'trouble']);
  const [hold, ...others] = bench.opened.holds();
  assert.equal(hold?.kind, 'damaged');
  assert.match(hold.reason, /metadata\.mdb: MDB_\S+ .*"skydrive check --repair"/);
  assert.deepEqual(others, []);
  assert.deepEqual(
    bench.troubles.filter((line) => line.includes('metadata.mdb')),
    [hold.reason],
  );
});
