// An item that came under a name which one of our own nodes had: it is shown with a number as long as that has to be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from '../support/opened.ts';
import { breakDrive, until } from '../support/queue-steps.ts';

/** `/mine` is renamed to `/name` here while the drive takes no changes, and somebody else makes `/name` there. */
const open = async (): Promise<{ bench: Bench; mend: () => void }> => {
  const bench = await Bench.open({ fs: { listingAgeMs: 0 } });
  bench.memory.store.put('mine', 'mine');
  await bench.list();
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'move');
  await bench.calls.rename('/mine', '/name');
  bench.memory.store.put('name', 'theirs');
  await until(async () => (await bench.list()).includes('name (2)'));
  return { bench, mend };
};

test('theirs gets its name when ours has had to give way', async () => {
  const { bench, mend } = await open();
  await using _ = bench;
  mend();
  assert.deepEqual(await bench.sync(), []);
  const names = await bench.list();
  assert.deepEqual(names, Object.keys(bench.tree()).sort());
  assert.equal(await bench.read('/name'), 'theirs');
  assert.match(names[1] ?? '', /^name \(conflict /);
});

test('and when ours is renamed once more before it was sent', async () => {
  const { bench, mend } = await open();
  await using _ = bench;
  await bench.calls.rename('/name', '/other');
  assert.deepEqual(await bench.list(), ['name', 'other']);
  assert.equal(await bench.read('/name'), 'theirs');
  mend();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { name: 'theirs', other: 'mine' });
  assert.deepEqual(await bench.shown(), bench.tree());
});

test('and when the drive has lost ours', async () => {
  const { bench, mend } = await open();
  await using _ = bench;
  bench.memory.store.remove('mine');
  mend();
  assert.deepEqual(await bench.sync(), []);
  await until(async () => (await bench.list()).join() === 'name');
  assert.equal(await bench.read('/name'), 'theirs');
});

test('and when ours is removed', async () => {
  const { bench, mend } = await open();
  await using _ = bench;
  await bench.calls.unlink('/name');
  assert.deepEqual(await bench.list(), ['name']);
  mend();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { name: 'theirs' });
  assert.deepEqual(await bench.shown(), bench.tree());
});

test('a name that is only exchanged is not free in between', async () => {
  const { bench, mend } = await open();
  await using _ = bench;
  await bench.write('/other', 'other');
  await bench.calls.rename('/other', '/name', 'exchange');
  assert.deepEqual(await bench.list(), ['name', 'name (2)', 'other']);
  await bench.calls.rename('/other', '/name');
  assert.deepEqual(await bench.list(), ['name', 'name (2)']);
  assert.equal(await bench.read('/name'), 'mine');
  mend();
  assert.deepEqual(await bench.sync(), []);
  assert.equal(await bench.read('/name'), 'theirs');
  assert.deepEqual(await bench.shown(), bench.tree());
});

for (const [title, act] of Object.entries({
  removed: (bench: Bench) => bench.memory.store.remove('name'),
  renamed: (bench: Bench) => bench.memory.store.move('name', 'other'),
}))
  test(`one of two items of one name is ${title} by somebody else: the other loses its number`, async () => {
    await using bench = await Bench.open({ memory: { duplicates: true }, fs: { listingAgeMs: 0 } });
    for (const content of ['one', 'two']) bench.memory.store.add('root', 'name', 'file', content);
    assert.deepEqual(await bench.list(), ['name', 'name (2)']);
    act(bench);
    await until(async () => !(await bench.list()).includes('name (2)'));
    assert.deepEqual(await bench.shown(), bench.tree());
    assert.equal(await bench.read('/name'), 'two');
  });

test('a conflict over a copy that was kept in a conflict is called after the file that both are of', async () => {
  const { bench, mend } = await open();
  await using _ = bench;
  mend();
  assert.deepEqual(await bench.sync(), []);
  const copy = (await bench.list()).find((one) => one.startsWith('name (conflict ')) ?? '';
  const broken = breakDrive(bench, 'offline', ({ intent }) => intent === 'upload');
  await bench.write(`/${copy}`, 'ours');
  bench.memory.store.put(copy, 'theirs too');
  broken.mend();
  assert.deepEqual(await bench.sync(), []);
  const { name: first, [copy]: second, ...others } = bench.tree();
  assert.deepEqual([first, second], ['theirs', 'theirs too']);
  assert.deepEqual(Object.values(others), ['ours']);
  assert.match(Object.keys(others)[0] ?? '', /^name \(conflict [^()]*\)( \d)?$/);
  assert.deepEqual(await bench.shown(), bench.tree());
});

/** Somebody else has removed `/name`, and given its name to another item, while ours has changes that are not sent. */
const openTaken = async (isFolder: boolean): Promise<{ bench: Bench; mend: () => void }> => {
  const bench = await Bench.open({ fs: { listingAgeMs: 0 } });
  const { store } = bench.memory;
  store.put('name', 'ours');
  if (isFolder) store.makeFolder('theirs');
  else store.put('theirs', 'theirs');
  assert.equal(await bench.read('/name'), 'ours');
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'upload' || intent === 'remove');
  await bench.write('/name', 'ours, changed');
  store.remove('name');
  store.move('theirs', 'name');
  await until(async () => (await bench.list()).includes('name (2)'));
  return { bench, mend };
};

for (const [what, isFolder] of [
  ['a file', false],
  ['a folder', true],
] as const) {
  test(`${what} gets its name when ours, which was gone from the drive already, is removed`, async () => {
    const { bench, mend } = await openTaken(isFolder);
    await using _ = bench;
    await bench.calls.unlink('/name');
    mend();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(await bench.shown(), bench.tree());
    assert.equal(Object.keys(bench.tree()).length, 1);
  });

  test(`${what} gets its name when ours, which was gone from the drive already, is renamed`, async () => {
    const { bench, mend } = await openTaken(isFolder);
    await using _ = bench;
    await bench.calls.rename('/name', '/other');
    mend();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(await bench.shown(), bench.tree());
    assert.equal(bench.tree()['other'], 'ours, changed');
    assert.equal(Object.keys(bench.tree()).length, 2);
  });
}
