// The drive refuses a name as taken, and nothing has it: no reason to call our own something else, nor to ask on and on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DriveError } from '../../src/drive/drive-error.ts';
import { failingDrive, type Method, type Plan } from '../support/failing-drive.ts';
import { Bench } from '../support/opened.ts';
import { until } from '../support/queue-steps.ts';

const changes: Readonly<
  Record<string, readonly [Method, (bench: Bench) => Promise<unknown>, Readonly<Record<string, string>>]>
> = {
  'a new file': ['upload', (b) => b.write('/new', 'text'), { known: 'known', new: 'text' }],
  'a new folder': ['makeFolder', (b) => b.calls.mkdir('/new'), { known: 'known', 'new/': '' }],
  'new content': ['upload', (b) => b.write('/known', 'more'), { known: 'more' }],
  'a removal': ['remove', (b) => b.calls.unlink('/known'), {}],
  'a new name': ['move', (b) => b.calls.rename('/known', '/new'), { new: 'known' }],
};

for (const [what, [method, act, expected]] of Object.entries(changes))
  test(`${what} that is refused twice for a name that nobody has`, async () => {
    let refused = 0;
    const plan: Plan = (called) => {
      if (called !== method || refused === 2) return undefined;
      refused += 1;
      return new DriveError('exists', 'that name is taken');
    };
    await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
    bench.memory.store.put('known', 'known');
    await bench.list();
    await act(bench);
    await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
    assert.equal(refused, 1, 'it is not asked again at once');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.opened.conflicts(), []);
    assert.deepEqual(bench.tree(), expected);
    assert.deepEqual(await bench.shown(), expected);
  });

/** Who asks for it to be sent does not wait for the end of our own pauses. */
const hurried = async (bench: Bench, isEnough: () => boolean): Promise<void> => {
  const enough = new AbortController();
  const synced = bench.opened.sync(undefined, enough.signal).catch(() => []);
  await until(isEnough);
  enough.abort();
  await synced;
};

test('a new file whose name something has that cannot be seen gets another one in the end', async () => {
  let refused = 0;
  const isOver = (): boolean => bench.opened.conflicts().length > 0;
  const plan: Plan = (method) => {
    if (method !== 'upload' || isOver()) return undefined;
    refused += 1;
    return new DriveError('exists', 'that name is taken');
  };
  await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
  await bench.list();
  await bench.write('/new', 'text');
  while (!isOver()) {
    const before = refused;
    await hurried(bench, () => isOver() || (refused > before && bench.opened.unsent()[0]?.running === false));
    assert.ok(refused < 20);
  }
  assert.deepEqual(await bench.sync(), []);
  assert.match(Object.keys(bench.tree()).join(), /^new \(conflict .*\)$/);
});

test('sync does not wait for the end of a pause of our own', async () => {
  let refused = 0;
  let isIll = true;
  const plan: Plan = (method) => {
    if (method !== 'upload' || !isIll) return undefined;
    refused += 1;
    return new DriveError('broken', 'not now');
  };
  await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
  await bench.list();
  await bench.write('/new', 'text');
  // The pause grows to 45 seconds and more.
  for (let times = 1; times <= 7; times += 1)
    await hurried(bench, () => refused >= times && bench.opened.unsent()[0]?.running === false);
  isIll = false;
  const start = performance.now();
  assert.deepEqual(await bench.sync(), []);
  assert.ok(performance.now() - start < 30_000);
  assert.deepEqual(bench.tree(), { new: 'text' });
});
