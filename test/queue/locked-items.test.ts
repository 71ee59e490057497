// What somebody else holds locked reaches the drive once he lets go, without anybody asking for it.
import '../support/hasty-time.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from '../support/opened.ts';
import { breakDrive, until } from '../support/queue-steps.ts';

/** A save, a new name and a removal that find their items locked. */
const locked = async (): Promise<{ readonly bench: Bench; readonly mend: () => void }> => {
  const bench = await Bench.open();
  for (const name of ['doc', 'named', 'gone']) bench.memory.store.put(name, 'old');
  await bench.list();
  const { mend } = breakDrive(bench, 'locked');
  await bench.write('/doc', 'new');
  await bench.calls.rename('/named', '/renamed');
  await bench.calls.unlink('/gone');
  const parked = await bench.sync();
  assert.deepEqual(
    parked.map((change) => change.parked),
    ['not now', 'not now', 'not now'],
  );
  return { bench, mend };
};

const wanted = { doc: 'new', renamed: 'old' };

test('a lock is waited for', async () => {
  const { bench, mend } = await locked();
  await using _ = bench;
  const before = bench.memory.calls.length;
  await until(() => bench.memory.calls.length >= before + 3);
  assert.deepEqual(bench.tree(), { doc: 'old', named: 'old', gone: 'old' });
  mend();
  await until(() => bench.opened.unsent().length === 0);
  assert.deepEqual(bench.tree(), wanted);
});

test('a new run tries at once', async () => {
  const { bench, mend } = await locked();
  await using _ = bench;
  await bench.opened.close();
  mend();
  await bench.reopenClosed();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), wanted);
});
