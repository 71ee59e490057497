// The change feed keeps the tree true, over a drive in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ManualClock } from '../support/manual-clock.ts';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { breakDrive, hold } from '../support/queue-steps.ts';

/** A drive with a feed, looked at often, whose listings never become old. */
const feeding = (pageSize = 100): BenchOptions => ({
  memory: { features: { changeFeed: true }, pageSize },
  fs: { feedIntervalMs: 10, listingAgeMs: 0 },
});

/** Resolves when the feed follows the drive. */
const following = async (bench: Bench): Promise<void> => {
  while (bench.opened.feed()?.state !== 'following') await delay(2);
};

/** Resolves when the mount shows what the drive holds. */
const shows = async (bench: Bench, what = 'the drive'): Promise<void> => {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const [shown, tree] = [await bench.shown().catch(() => undefined), bench.tree()];
    if (JSON.stringify(shown) === JSON.stringify(tree)) return;
    if (Date.now() > deadline) assert.deepEqual(shown, tree, what);
    await delay(5);
  }
};

const listings = (bench: Bench): number => bench.memory.count('children') + bench.memory.count('page');

test('the whole drive is known after one listing by the feed, and nothing is listed any more', async () => {
  await using bench = await Bench.open({ ...feeding() });
  for (let n = 0; n < 500; n += 1) bench.memory.store.put(`f${n % 20}/g${n % 7}/${n}`, `${n}`);
  await bench.reopen();
  await following(bench);
  const before = listings(bench);
  await bench.shown();
  await shows(bench);
  assert.equal(listings(bench), before);
});

test('new, changed, renamed, moved and removed items are seen without a listing', async () => {
  await using bench = await Bench.open(feeding());
  const { store } = bench.memory;
  for (const path of ['a', 'b', 'f/c', 'g/h/i', 'g/j']) store.put(path, path);
  await following(bench);
  await shows(bench);
  const { ino } = await bench.calls.stat('/g/h');
  const before = listings(bench);
  store.put('new', 'new');
  store.put('a', 'longer than before');
  store.move('b', 'f/b');
  store.move('g/h', 'f/moved');
  store.remove('g');
  await shows(bench);
  assert.equal((await bench.calls.stat('/f/moved')).ino, ino);
  assert.equal(listings(bench), before);
});

test('names that are exchanged, also in a circle over several pages', async () => {
  await using bench = await Bench.open(feeding(2));
  const { store } = bench.memory;
  for (const name of ['a', 'b', 'c', 'd']) store.put(name, name);
  await shows(bench);
  const items = ['a', 'b', 'c', 'd'].map((name) => store.at(name));
  const names = ['b', 'c', 'd', 'a'];
  for (const [index, item] of items.entries()) item.name = names[index] ?? '';
  for (const item of items) store.changed(item);
  await shows(bench);
});

test('a folder that is gone, and its children that went elsewhere before', async () => {
  await using bench = await Bench.open(feeding(2));
  const { store } = bench.memory;
  for (let n = 0; n < 6; n += 1) store.put(`old/${n}`, `${n}`);
  store.put('old/deep/x', 'x');
  await following(bench);
  await shows(bench);
  const numbers = await Promise.all([0, 1, 2].map((n) => bench.calls.stat(`/old/${n}`)));
  const { id } = store.at('old');
  // The removal comes first.
  store.feed.push(id);
  for (const n of [0, 1, 2]) store.move(`old/${n}`, `elsewhere/${n}`);
  store.move('old/deep', 'deep');
  store.remove('old');
  await shows(bench);
  for (const n of [0, 1, 2]) assert.equal((await bench.calls.stat(`/elsewhere/${n}`)).ino, numbers[n]?.ino);
});

for (const pageSize of [100, 1])
  test(`a folder that goes into one which was in it, and is told first, ${pageSize} to a page`, async () => {
    await using bench = await Bench.open(feeding(pageSize));
    const { store } = bench.memory;
    for (const path of ['out/in/a', 'out/b']) store.put(path, path);
    await following(bench);
    await shows(bench);
    const before = listings(bench);
    store.move('out/in', 'free');
    store.move('out', 'free/out');
    store.move('free', 'in');
    await shows(bench);
    assert.equal(listings(bench), before);
    // Now with the name of the outer one.
    store.move('in/out', 'free');
    store.move('in', 'free/in');
    store.move('free', 'in');
    await shows(bench);
  });

test('children are told before their folders, and folders that nobody told of are asked for', async () => {
  await using bench = await Bench.open(feeding(3));
  const { store } = bench.memory;
  store.put('a', 'a');
  await following(bench);
  store.put('x/y/z/file', 'deep');
  // Nothing but the file is told of.
  store.feed = [...store.feed.filter((each) => store.items.get(each)?.kind === 'file' || each === 'root')];
  await shows(bench);
  const order = [...store.feed];
  store.put('p/q/r/file', 'deeper');
  store.feed = [...order, ...store.feed.slice(order.length).reverse()];
  await shows(bench);
});

test('after a reset, what the drive holds is there, what it lost is gone, and what is unsent stays', async () => {
  await using bench = await Bench.open(feeding(5));
  const { store } = bench.memory;
  for (let n = 0; n < 30; n += 1) store.put(`f${n % 3}/${n}`, `${n}`);
  await following(bench);
  await shows(bench);
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => ['upload', 'move', 'makeFolder'].includes(intent));
  await bench.write('/f0/ours', 'ours');
  await bench.write('/f1/1', 'ours too');
  await bench.calls.rename('/f2/2', '/f0/two');
  await bench.calls.mkdir('/made');
  store.remove('f0/3');
  store.remove('f1/4');
  store.put('f2/5', 'changed');
  store.move('f1/7', 'f2/seven');
  store.put('fresh/x', 'x');
  store.feed = store.feed.filter((id) => store.items.has(id));
  store.expireCursors();
  while (await bench.calls.stat('/f0/3').catch(() => undefined)) await delay(5);
  await following(bench);
  assert.deepEqual(await bench.list('/f0'), ['0', '12', '15', '18', '21', '24', '27', '6', '9', 'ours', 'two']);
  assert.equal(await bench.read('/f1/1'), 'ours too');
  assert.ok((await bench.list()).includes('made'));
  mend();
  await bench.sync();
  await shows(bench);
});

test('a folder that a listing lacks, since it was moved after all was told again, is not taken for empty', async () => {
  await using bench = await Bench.open(feeding());
  const { store } = bench.memory;
  for (const path of ['from/moved/in it', 'from/untold/file', 'to/other']) store.put(path, path);
  await following(bench);
  await shows(bench);
  const { id: untold } = store.at('from/untold');
  const { id: file } = store.at('from/untold/file');
  const { arrived, letGo } = hold(bench, 'children', untold);
  // What the feed does not tell of is looked for in the folder, while the others wait for their turn.
  store.feed = store.feed.filter((id) => id !== file);
  store.expireCursors();
  await arrived;
  store.move('from/moved', 'to/moved');
  assert.deepEqual(await bench.list('/from'), ['untold']);
  letGo();
  await shows(bench);
});

test('a restart with nothing changed costs one request', async () => {
  await using bench = await Bench.open(feeding());
  for (let n = 0; n < 50; n += 1) bench.memory.store.put(`f${n % 5}/${n}`, `${n}`);
  await following(bench);
  await shows(bench);
  await bench.opened.close();
  const before = bench.memory.count();
  await bench.reopenClosed({ feedIntervalMs: 60_000 });
  assert.equal((await bench.list()).length, 5);
  assert.equal((await bench.list('/f1')).length, 10);
  while (bench.opened.feed()?.lookedAt === undefined) await delay(2);
  assert.deepEqual(
    bench.memory.calls.slice(before).map(({ intent }) => intent),
    ['changes'],
  );
});

test('our own changes come back as no changes', async () => {
  await using bench = await Bench.open(feeding());
  await following(bench);
  await bench.calls.mkdir('/f');
  await bench.write('/f/a', 'one');
  await bench.sync();
  const { ino, ctime } = await bench.calls.stat('/f/a');
  const reads = bench.memory.count('read');
  await bench.calls.rename('/f/a', '/b');
  await bench.write('/b', 'two');
  await bench.sync();
  await delay(50);
  assert.equal((await bench.calls.stat('/b')).ino, ino);
  assert.equal(await bench.read('/b'), 'two');
  assert.equal(bench.memory.count('read'), reads, 'the bytes are here already');
  assert.ok(ctime !== undefined);
  await shows(bench);
});

test('an open file keeps its version', async () => {
  await using bench = await Bench.open(feeding());
  bench.memory.store.put('a', 'first version');
  await following(bench);
  await bench.read('/a');
  const fd = await bench.calls.open('/a', 0);
  bench.memory.store.put('a', 'second');
  await shows(bench);
  assert.equal((await bench.calls.read(fd, 0, 100)).toString(), 'first version');
  await bench.calls.close(fd);
  assert.equal(await bench.read('/a'), 'second');
});

test('a feed that fails keeps its place; a drive whose feed is not there is listed', async () => {
  await using bench = await Bench.open(feeding());
  bench.memory.store.put('a', 'a');
  await following(bench);
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'changes');
  bench.memory.store.put('b', 'b');
  await delay(50);
  assert.match(bench.opened.feed()?.trouble ?? '', /./);
  mend();
  await shows(bench);
  breakDrive(bench, 'unsupported', ({ intent }) => intent === 'changes');
  while (bench.opened.feed()?.state !== 'off') await delay(2);
  bench.memory.store.put('c', 'c');
  await shows(bench);
});

test('a name that we are making is not lost when ours is not made after all', async () => {
  await using bench = await Bench.open(feeding());
  await following(bench);
  await bench.list();
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'upload');
  await bench.write('/name', 'ours');
  bench.memory.store.put('name', 'theirs');
  bench.memory.store.put('other', 'o');
  while (!(await bench.list()).includes('other')) await delay(2);
  await bench.calls.unlink('/name');
  mend();
  await bench.sync();
  await shows(bench);
});

test('what the feed never tells is found by listing one folder after the other', async () => {
  const clock = new ManualClock();
  await using bench = await Bench.open({
    memory: { features: { changeFeed: true } },
    fs: { feedIntervalMs: 5_000, listingAgeMs: 30_000, clock },
  });
  const { store } = bench.memory;
  for (const path of ['a/b/c/gone', 'a/b/c/stays', 'd/e/file']) store.put(path, path);
  await bench.reopen();
  await following(bench);
  assert.deepEqual(await bench.list('/a/b/c'), ['gone', 'stays']);
  store.remove('a/b/c/gone');
  // Nobody is told of it.
  store.feed.pop();
  const before = bench.memory.count('children');
  for (let minutes = 0; minutes < 60 && (await bench.list('/a/b/c')).includes('gone'); minutes += 1) {
    await clock.advance(60_000);
    await delay(5);
  }
  assert.deepEqual(await bench.list('/a/b/c'), ['stays']);
  const listed = bench.memory.count('children') - before;
  assert.ok(listed <= 12, `${listed} listings`);
});

test('a folder is not listed in the audit to find that it holds too much: the listing above it tells', async () => {
  const clock = new ManualClock();
  await using bench = await Bench.open({
    memory: { features: { changeFeed: true }, pageSize: 1000, childCounts: true },
    fs: { feedIntervalMs: 5_000, listingAgeMs: 30_000, clock },
  });
  const { store } = bench.memory;
  const places = Array.from({ length: 60 }, (_, index) => `p${index % 3}/leaf ${index}`);
  for (const place of places) for (const name of ['gone', 'stays']) store.put(`${place}/${name}`, name);
  await bench.reopen();
  await following(bench);
  for (const place of places) await bench.list(`/${place}`);
  const forgotten = places.filter((_, index) => index % 20 === 0);
  for (const place of forgotten) {
    store.remove(`${place}/gone`);
    // Nobody is told of it.
    store.feed.pop();
  }
  const isKnown = async (): Promise<boolean> => {
    for (const place of forgotten) if ((await bench.list(`/${place}`)).length > 1) return false;
    return true;
  };
  const before = bench.memory.count('children');
  for (let minutes = 0; minutes < 6 * 5 && !(await isKnown()); minutes += 1) {
    await clock.advance(60_000);
    await delay(5);
  }
  assert.ok(await isKnown());
  // The root, the three folders in it, and those that it is about: at once, and three times more since two answers differed.
  const listed = bench.memory.count('children') - before;
  assert.ok(listed <= 1 + 3 + 4 * forgotten.length, `${listed} listings`);
});

test('looks are rare while nobody uses the tree, and frequent again at once when somebody does', async () => {
  const clock = new ManualClock();
  await using bench = await Bench.open({
    memory: { features: { changeFeed: true } },
    fs: { feedIntervalMs: 5_000, listingAgeMs: 30_000, clock },
  });
  await following(bench);
  const looks = async (minutes: number): Promise<number> => {
    const before = bench.memory.count('changes');
    for (let seconds = 0; seconds < minutes * 60; seconds += 5) {
      await clock.advance(5_000);
      await delay(1);
    }
    return bench.memory.count('changes') - before;
  };
  assert.ok((await looks(5)) > 50);
  await looks(25);
  const idle = await looks(10);
  assert.ok(idle <= 15, `${idle} looks in ten minutes`);
  const before = bench.memory.count('changes');
  bench.memory.store.put('new', 'new');
  await bench.list();
  await clock.advance(1_000);
  await delay(5);
  assert.ok(bench.memory.count('changes') > before);
  assert.deepEqual(await bench.list(), ['new']);
});
