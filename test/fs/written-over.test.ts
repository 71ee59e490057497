// What is written into a file that is not on this disk as a whole: the bytes below are fetched while they can be had.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MortalDrive } from '../support/mortal-drive.ts';
import { Bench } from '../support/opened.ts';
import { until } from '../support/queue-steps.ts';

const append = async ({ calls }: Bench, path: string, text: string): Promise<void> => {
  const fd = await calls.open(path, 0o2001);
  await calls.write(fd, Buffer.from(text), (await calls.fstat(fd)).size);
  await calls.close(fd);
};

test('somebody else replaces the file, and this process is killed: both contents are there', async () => {
  const mortal = new MortalDrive();
  await using bench = await Bench.open({ wrap: (drive) => mortal.around(drive), fs: { settleMs: 60_000 } });
  bench.memory.store.put('doc', 'before, ');
  await bench.list();
  await append(bench, '/doc', 'and ours');
  await until(async () => String(await bench.calls.getxattr('/doc', 'user.skydrive.cached')) === '16');
  bench.memory.store.put('doc', 'theirs');
  await bench.kill(mortal);
  assert.deepEqual(await bench.sync(), []);
  const tree = bench.tree();
  assert.equal(tree['doc'], 'theirs');
  assert.deepEqual(Object.values(tree).sort(), ['before, and ours', 'theirs']);
});

test('nothing is fetched for what is cut off first', async () => {
  await using bench = await Bench.open();
  bench.memory.store.put('doc', 'before');
  await bench.list();
  await bench.write('/doc', 'ours');
  assert.deepEqual(await bench.sync(), []);
  assert.equal(bench.memory.calls.filter(({ intent }) => intent === 'read').length, 0);
});
