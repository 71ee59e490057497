// Many small changes at once, over the graph dialect: what they cost in requests, and what becomes of them when answers get lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBench } from '../support/graph-bench.ts';

/** All changes are there before the first is sent: `sync` sends them at once, so that no clock decides what goes together. */
const atOnce = { fs: { feedIntervalMs: 60_000, settleMs: 60_000 } } as const;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const without = (kinds: readonly string[], kind: string): string[] => kinds.filter((each) => each !== kind);

test('640 files in 65 folders cost 640 uploads and at most 25 requests more', async () => {
  await using bench = await GraphBench.open(atOnce);
  await bench.following();
  const kinds = await bench.asked(async () => {
    await bench.calls.mkdir('/tree');
    for (const index of numbers(64)) await bench.calls.mkdir(`/tree/folder ${index}`);
    for (const index of numbers(640)) await bench.write(`/tree/folder ${index % 64}/file ${index}`, 'text');
    await bench.sync();
  });
  const others = without(kinds, 'put');
  assert.equal(kinds.length - others.length, 640);
  assert.ok(others.length <= 25, others.join(' '));
  assert.deepEqual(bench.emulator.requests.violations, []);
});

test('the removal of 200 files that have nothing to do with each other costs at most 25 requests', async () => {
  await using bench = await GraphBench.open(atOnce);
  await bench.following();
  for (const index of numbers(200)) await bench.write(`/file ${index}`, 'text');
  await bench.write('/stays', 'text');
  await bench.sync();
  const kinds = await bench.asked(async () => {
    for (const index of numbers(200)) await bench.calls.unlink(`/file ${index}`);
    await bench.sync();
  });
  assert.ok(kinds.length <= 25, kinds.join(' '));
  assert.deepEqual(
    Object.keys(bench.held()).filter((path) => /file|stays/.test(path)),
    ['/stays'],
  );
});

for (const status of [undefined, 503]) {
  test(`answers to batches that get lost (${status ?? 'reset'}): everything has happened once`, async () => {
    await using bench = await GraphBench.open(atOnce);
    const { admin } = bench.emulator;
    await bench.following();
    for (const index of numbers(40)) await bench.write(`/old ${index}`, `content ${index}`);
    await bench.sync();
    const idOf = (path: string): string | undefined => admin.item({ path }).id;
    const ids = numbers(20).map((index) => idOf(`/old ${index}`));
    const contents = admin.history().length;
    const action = { do: 'lose-reply', ...(status === undefined ? {} : { status }) } as const;
    admin.addFault({ match: { kind: 'batch' }, action, count: 3 });
    for (const index of numbers(20)) {
      await bench.calls.rename(`/old ${index}`, `/new ${index}`);
      await bench.calls.unlink(`/old ${index + 20}`);
      await bench.calls.mkdir(`/made ${index}`);
    }
    await bench.sync();
    assert.equal(admin.faults()[0]?.happened, 3, 'answers were lost');
    const wanted = numbers(20).flatMap((index) => [`/made ${index}/`, `/new ${index}`]);
    const found = Object.keys(bench.held()).filter((path) => /^.(made|new|old)/.test(path));
    assert.deepEqual(found.sort(), wanted.sort());
    assert.deepEqual(
      numbers(20).map((index) => idOf(`/new ${index}`)),
      ids,
    );
    assert.equal(admin.history().length, contents, 'contents that the drive took');
    assert.deepEqual(bench.troubles, []);
  });
}
