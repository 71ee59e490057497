// After `queue revert` the tree is the drive's again, whatever was done to it, also while the drive does not answer.
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Bench } from '../support/opened.ts';
import { breakDrive, until } from '../support/queue-steps.ts';

const never = new AbortController().signal;

const held: Readonly<Record<string, string>> = {
  ...{ a: 'drive a', b: 'drive b', c: 'drive c', 'd/1': 'one', 'd/e/2': 'two', 'd/e/f/3': 'three' },
  ...{ 'g/4': 'four', 'h/5': 'five' },
};

/** Made here a moment ago: renamed over another file, they are saves of it. */
const ours = ['a', 'c', 'd/e/2'];

const filled = async (): Promise<Bench> => {
  const bench = await Bench.open();
  for (const [path, text] of Object.entries(held)) if (!ours.includes(path)) bench.memory.store.put(path, text);
  // All of it is here.
  await bench.shown();
  for (const path of ours) await bench.write(`/${path}`, held[path] ?? '');
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(await bench.shown(), bench.tree());
  return bench;
};

type Steps = (calls: Bench['calls'], bench: Bench) => Promise<unknown>;

const inTurn = async (...steps: readonly (() => Promise<unknown>)[]): Promise<void> => {
  for (const step of steps) await step();
};

/** What is done, and paths of what only this disk has then. */
const cases: Readonly<Record<string, readonly [steps: Steps, saved: readonly string[]]>> = {
  'names that went round': [
    (calls, bench) =>
      inTurn(
        () => calls.rename('/a', '/t'),
        () => calls.rename('/b', '/a'),
        () => calls.rename('/t', '/b'),
        () => calls.rename('/c', '/c2'),
        () => bench.write('/c', 'new'),
      ),
    ['/c'],
  ],
  'folders that changed places': [
    (calls, bench) =>
      inTurn(
        () => calls.rename('/d', '/t'),
        () => calls.rename('/g', '/d'),
        () => calls.rename('/t', '/g'),
        () => bench.write('/g/e/2', 'edited'),
        () => calls.rename('/h', '/d/h'),
        () => bench.write('/d/h/5', 'edited'),
      ),
    ['/d/h/5', '/g/e/2'],
  ],
  'a folder that went into what was in it': [
    (calls, bench) =>
      inTurn(
        () => calls.rename('/d/e', '/e'),
        () => calls.rename('/d', '/e/d'),
        () => calls.rename('/e/f', '/f'),
        () => calls.rename('/e', '/f/e'),
        () => bench.write('/f/e/d/1', 'edited'),
      ),
    ['/f/e/d/1'],
  ],
  'a folder that was moved, edited, renamed, and got new folders': [
    (calls, bench) =>
      inTurn(
        () => calls.rename('/d', '/g/D'),
        () => bench.write('/g/D/e/2', 'edited'),
        () => calls.rename('/g/D', '/g/D2'),
        () => calls.mkdir('/g/D2/new'),
        () => calls.rename('/g/D2/1', '/g/D2/new/1'),
        () => calls.unlink('/g/D2/e/f/3'),
        () => bench.write('/g/D2/new/x', 'fresh'),
      ),
    ['/g/D2/e/2', '/g/D2/new/x'],
  ],
  'another folder of the name': [
    (calls, bench) =>
      inTurn(
        () => calls.rename('/d', '/d2'),
        () => calls.mkdir('/d'),
        () => bench.write('/d/in', 'in'),
        () => calls.rename('/d2/e', '/d/e'),
      ),
    ['/d/in'],
  ],
  'saves by renaming files of the drive': [
    (calls, bench) =>
      inTurn(
        () => calls.rename('/a', '/b'),
        () => calls.rename('/c', '/d/1'),
        () => calls.rename('/d/e/2', '/c'),
        () => bench.write('/c', 'edited'),
      ),
    ['/b', '/c', '/d/1'],
  ],
};

for (const [what, [steps, saved]] of Object.entries(cases))
  test(`${what}: the tree is the drive's again`, async () => {
    await using bench = await filled();
    const before = bench.tree();
    const { mend } = breakDrive(bench);
    await steps(bench.calls, bench);
    const reverted = await bench.opened.upkeep.revert(never);
    assert.deepEqual(reverted.left, []);
    assert.deepEqual(reverted.saved.exported.map(({ path }) => path).sort(), saved);
    assert.deepEqual(bench.opened.unsent(), []);
    const names = Object.keys(before).map((path) => path.replace(/\/$/, ''));
    for (const path of names) await bench.calls.lstat(`/${path}`);
    mend();
    assert.deepEqual(await bench.shown(), before);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), before);
    assert.deepEqual(await bench.opened.check({ remote: true }, never), []);
  });

test('what was removed comes back, and what others removed goes', async () => {
  await using bench = await filled();
  const { mend } = breakDrive(bench);
  for (const path of ['/d/e/f/3', '/h/5']) await bench.calls.unlink(path);
  for (const path of ['/d/e/f', '/h']) await bench.calls.rmdir(path);
  await bench.write('/h', 'a file');
  await bench.write('/a', 'edited');
  bench.memory.store.remove('a');
  await bench.opened.upkeep.revert(never);
  mend();
  await bench.reopen({ listingAgeMs: 0 });
  assert.deepEqual(await bench.shown(), bench.tree());
  assert.deepEqual(Object.keys(bench.tree()).filter((path) => held[path] !== undefined).length, 7);
});

test('what programs write while the rest is being saved is saved, too', async () => {
  await using bench = await filled();
  const { mend } = breakDrive(bench);
  await bench.write('/a', 'early');
  await bench.write('/large', 'x'.repeat(32 << 20));
  const reverting = bench.opened.upkeep.revert(never);
  const saving = join(bench.folder, 'reverted');
  await until(async () =>
    (await readdir(saving, { recursive: true }).catch(() => [])).some((name) => /large$/.test(name)),
  );
  await bench.write('/a', 'late');
  await bench.write('/b', 'late, too');
  await bench.write('/made', 'new');
  const { saved, left } = await reverting;
  assert.deepEqual(left, []);
  const texts = await Promise.all(saved.exported.map(({ to }) => readFile(to, 'utf8')));
  for (const text of ['early', 'late', 'late, too', 'new']) assert.ok(texts.includes(text), text);
  mend();
  assert.deepEqual(await bench.shown(), bench.tree());
});

test('two who take everything back at once take it back once', async () => {
  await using bench = await filled();
  const before = bench.tree();
  const { mend } = breakDrive(bench);
  for (const path of ['/a', '/b', '/c']) await bench.write(path, 'edited');
  const { upkeep } = bench.opened;
  const [first, second] = await Promise.all([upkeep.revert(never), upkeep.revert(never)]);
  assert.deepEqual([first.taken.length, second.taken.length, first.left, second.left], [3, 0, [], []]);
  assert.equal(first.saved.exported.length, 3);
  assert.equal((await readdir(join(bench.folder, 'reverted'))).length, 1);
  mend();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), before);
});

test('what cannot be saved is not taken back, and not sent either', async () => {
  await using bench = await filled();
  const before = bench.tree();
  const { mend } = breakDrive(bench);
  await bench.write('/a', 'edited');
  await writeFile(join(bench.folder, 'reverted'), 'in the way');
  await assert.rejects(bench.opened.upkeep.revert(never), /EEXIST/);
  mend();
  const [left] = await bench.sync();
  assert.match(left?.parked ?? '', /"skydrive queue revert" tries again/);
  assert.deepEqual(bench.tree(), before);
  await rm(join(bench.folder, 'reverted'));
  assert.deepEqual((await bench.opened.upkeep.revert(never)).taken, ['/a']);
  assert.deepEqual(bench.opened.holds(), []);
});
