// What the file system costs in requests, over the graph dialect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBench } from '../support/graph-bench.ts';

/** Nothing that the feed does by the clock falls into a measurement. */
const seldom = { fs: { feedIntervalMs: 60_000 } } as const;

const count = (kinds: readonly string[], kind: string): number => kinds.filter((each) => each === kind).length;

test('find over 2,000 files in 100 folders: 15 requests cold, 1 after a remount, 0 again', async () => {
  await using bench = await GraphBench.start({ ...seldom, emulator: { seedTree: 2000 } });
  let found: Record<string, number> = {};
  const cold = await bench.asked(async () => {
    await bench.mount();
    found = await bench.find();
  });
  assert.deepEqual(found, bench.held());
  assert.ok(Object.keys(found).length >= 2100, `${Object.keys(found).length} items`);
  assert.ok(cold.length <= 15, `${cold.length}: ${cold.join(' ')}`);
  await bench.following();
  assert.deepEqual(await bench.asked(() => bench.find()), []);
  await bench.unmount();
  const again = await bench.asked(async () => {
    await bench.mount();
    assert.deepEqual(await bench.find(), found);
    while (bench.opened.feed()?.lookedAt === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  assert.deepEqual(again, ['delta']);
  assert.deepEqual(await bench.asked(() => bench.find()), []);
  assert.deepEqual(bench.emulator.requests.violations, []);
});

test('the first ls of the root costs one listing, whatever the feed does', async () => {
  await using bench = await GraphBench.start({ ...seldom, emulator: { seedTree: 100, latencyMs: 40 } });
  await bench.mount();
  bench.emulator.admin.resetRequests();
  const names: string[] = [];
  for await (const { name } of bench.calls.scan('')) names.push(name);
  assert.ok(names.length > 0);
  assert.ok(
    count(
      bench.emulator.requests.list().map(({ kind }) => kind),
      'list',
    ) <= 1,
  );
});

test('a save of a small file costs 1, reading what is here 0', async () => {
  await using bench = await GraphBench.open(seldom);
  await bench.following();
  const made = await bench.asked(async () => {
    await bench.write('/small.txt', 'some text');
    await bench.sync();
  });
  assert.deepEqual(made, ['put']);
  const saved = await bench.asked(async () => {
    await bench.write('/small.txt', 'some more text');
    await bench.sync();
  });
  assert.deepEqual(saved, ['put']);
  assert.deepEqual(await bench.asked(() => bench.read('/small.txt')), []);
});

test('60 MiB cost a session and its fragments', async () => {
  await using bench = await GraphBench.open(seldom);
  await bench.following();
  // How much room there is, is asked once a minute, and not for this file.
  await bench.opened.fs.statfs(new AbortController().signal);
  const bytes = new Uint8Array(60 * 2 ** 20).fill(7);
  const kinds = await bench.asked(async () => {
    await bench.write('/large', bytes);
    await bench.sync();
  });
  assert.deepEqual(kinds, ['session-create', ...Array.from({ length: 6 }, () => 'session-fragment')]);
  assert.deepEqual(await bench.asked(() => bench.read('/large')), []);
});
