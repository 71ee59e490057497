// What the drive says, and what becomes of it in the tree. Through the file system, with another client at work.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FsError } from '../../src/base/errors.ts';
import { rootNode } from '../../src/metadata/node.ts';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { breakDrive, hold } from '../support/queue-steps.ts';

/** Every use of a folder lists it again. */
const always: BenchOptions = { fs: { listingAgeMs: 0 } };
const code =
  (wanted: string) =>
  (error: unknown): boolean =>
    error instanceof FsError && error.code === wanted;

test('items come, change, move and go; a node keeps its number as long as its item lives', async () => {
  await using bench = await Bench.open(always);
  const { store } = bench.memory;
  store.put('a', 'one');
  store.makeFolder('f');
  await bench.list();
  const { ino } = await bench.calls.stat('/a');
  store.put('a', 'longer');
  assert.equal(await bench.read('/a'), 'longer');
  store.move('a', 'b');
  assert.deepEqual(await bench.list(), ['b', 'f']);
  assert.equal((await bench.calls.stat('/b')).ino, ino);
  store.move('b', 'f/c');
  assert.deepEqual(await bench.list('/f'), ['c']);
  assert.equal((await bench.calls.stat('/f/c')).ino, ino);
  assert.deepEqual(await bench.list(), ['f']);
  store.remove('f/c');
  assert.deepEqual(await bench.list('/f'), []);
  await bench.reopen();
  assert.equal(bench.opened.nodes(), 2, 'what does not turn up again is forgotten');
});

test('an item that another one takes the name of: the new one has the name', async () => {
  await using bench = await Bench.open(always);
  const { store } = bench.memory;
  store.put('doc.txt', 'old');
  await bench.list();
  store.remove('doc.txt');
  store.put('doc.txt', 'new');
  assert.deepEqual(await bench.list(), ['doc.txt']);
  assert.equal(await bench.read('/doc.txt'), 'new');
});

test('names that go round: each item has its own in the end', async () => {
  await using bench = await Bench.open(always);
  const { store } = bench.memory;
  for (const name of ['a', 'b', 'c']) store.put(name, name);
  await bench.list();
  const [a, b, c] = [store.at('a'), store.at('b'), store.at('c')];
  [a.name, b.name, c.name] = ['b', 'c', 'a'];
  assert.deepEqual(await bench.shown(), { a: 'c', b: 'a', c: 'b' });
  const fd = await bench.calls.open('/a', 0);
  [a.name, b.name] = ['c', 'b'];
  await bench.list();
  assert.deepEqual(await bench.shown(), { a: 'c', b: 'b', c: 'a' });
  await bench.calls.close(fd);
});

test('one name twice: both are there, each under a name that stays', async () => {
  await using bench = await Bench.open({ ...always, memory: { duplicates: true } });
  const { store } = bench.memory;
  const [first, second, third] = ['1', '2', '3'].map((text) => store.add('root', 'x.txt', 'file', text));
  store.add('root', 'X.TXT', 'file', '4');
  const expected = { 'x.txt': '1', 'x (2).txt': '2', 'x (3).txt': '3', 'X (4).TXT': '4' };
  const names = Object.fromEntries(Object.entries(expected).sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.deepEqual(await bench.shown(), names);
  await bench.reopen();
  assert.deepEqual(await bench.shown(), names);
  await bench.write('/x (2).txt', 'ours');
  await bench.calls.unlink('/x.txt');
  await bench.sync();
  assert.equal(store.items.has(first?.id ?? ''), false);
  assert.equal(Buffer.from(second?.bytes ?? []).toString(), 'ours');
  assert.equal(Buffer.from(third?.bytes ?? []).toString(), '3');
  assert.deepEqual(await bench.list(), ['X (4).TXT', 'x (2).txt', 'x (3).txt']);
});

test('one name three times: the last of them gets it once both others are gone, whichever went first', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    await using bench = await Bench.open({ ...always, memory: { duplicates: true } });
    const { store } = bench.memory;
    const items = ['1', '2', '3'].map((text) => store.add('root', 'x.txt', 'file', text));
    assert.deepEqual(await bench.shown(), { 'x (2).txt': '2', 'x (3).txt': '3', 'x.txt': '1' });
    for (const index of order) {
      store.items.delete(items[index]?.id ?? '');
      await bench.list();
    }
    assert.deepEqual(await bench.shown(), { 'x.txt': '3' });
  }
});

test('a name that differs in case alone is taken', async () => {
  await using bench = await Bench.open();
  bench.memory.store.put('Readme', 'r');
  await assert.rejects(bench.calls.mkdir('/README'), code('EEXIST'));
  await assert.rejects(bench.calls.stat('/README'), code('ENOENT'));
});

test('hostile names never reach the tree as they are', async () => {
  await using bench = await Bench.open(always);
  const { store } = bench.memory;
  for (const name of ['.', '..', '', '/', '../../etc', 'a/b', 'nul\0', '\ud800', 'x'.repeat(600)])
    store.add('root', name, 'file', name);
  const names = await bench.list();
  assert.equal(names.length, 9);
  for (const name of names) assert.doesNotMatch(name, /^\.\.?$|^$|[/\0]/);
  for (const name of names) await bench.read(`/${name}`);
});

test('a notebook is listed, and cannot be read', async () => {
  await using bench = await Bench.open(always);
  bench.memory.store.add('root', 'Notes', 'notebook');
  assert.deepEqual(await bench.list(), ['Notes']);
  assert.equal((await bench.calls.stat('/Notes')).kind, 'file');
  await assert.rejects(bench.calls.open('/Notes', 0), code('EACCES'));
  await bench.calls.rename('/Notes', '/Old notes');
  await bench.sync();
  assert.ok(bench.memory.store.find('Old notes'));
});

test('symlinks are small files with a suffix, here and there', async () => {
  await using bench = await Bench.open(always);
  bench.memory.store.put('theirs.rclonelink', '/somewhere');
  assert.equal(await bench.calls.readlink('/theirs'), '/somewhere');
  await bench.calls.symlink('../else', '/ours');
  await bench.write('/plain.rclonelink', 'text');
  await bench.sync();
  assert.equal(bench.tree()['ours.rclonelink'], '../else');
  await bench.reopen();
  assert.equal((await bench.calls.lstat('/ours')).kind, 'symlink');
  assert.equal((await bench.calls.lstat('/plain.rclonelink')).kind, 'file');
  assert.equal(await bench.read('/plain.rclonelink'), 'text');
});

test('what is ahead here is not undone by what the drive says', async () => {
  await using bench = await Bench.open(always);
  const { store } = bench.memory;
  for (const name of ['content', 'name', 'gone']) store.put(name, 'theirs');
  await bench.list();
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => ['upload', 'move', 'remove'].includes(intent));
  await bench.write('/content', 'ours');
  await bench.calls.rename('/name', '/other name');
  await bench.calls.unlink('/gone');
  store.at('name').description = 'changed';
  store.changed(store.at('name'));
  store.put('content', 'theirs again');
  await bench.calls.mkdir('/new');
  assert.deepEqual(await bench.list(), ['content', 'new', 'other name']);
  assert.equal(await bench.read('/content'), 'ours');
  mend();
  assert.deepEqual(await bench.sync(), []);
  const [copy] = bench.opened.conflicts();
  const [ours, news] = [{ [copy?.path.slice(1) ?? '']: 'ours' }, { content: 'theirs again' }];
  assert.deepEqual(bench.tree(), { ...news, ...ours, 'new/': '', 'other name': 'theirs' });
});

test('unsent content in a folder that the drive lost keeps its place, and brings the folder back', async () => {
  await using bench = await Bench.open(always);
  bench.memory.store.put('f/known', 'k');
  await bench.list('/f');
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'upload');
  await bench.write('/f/new', 'ours');
  bench.memory.store.remove('f');
  await bench.list();
  assert.ok((await bench.list('/f').catch(() => ['new'])).includes('new'));
  mend();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { 'f/': '', 'f/new': 'ours' });
  assert.deepEqual(await bench.shown(), bench.tree());
});

for (const [what, act, expected] of [
  ['removed', (b: Bench) => b.calls.unlink('/a'), ['b']],
  ['renamed', (b: Bench) => b.calls.rename('/a', '/c'), ['b', 'c']],
  ['made', (b: Bench) => b.write('/c', 'c'), ['a', 'b', 'c']],
] as const) {
  test(`a listing that was asked for before one of ours was ${what} does not undo that`, async () => {
    await using bench = await Bench.open({ fs: { listingAgeMs: 1e9 }, memory: { pageSize: 100 } });
    for (const name of ['a', 'b']) bench.memory.store.put(name, name);
    await bench.list();
    await bench.reopen({ listingAgeMs: 0 });
    // The answer is that of the moment of the question, however late it comes.
    const children = bench.memory.children.bind(bench.memory);
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    bench.memory.children = async function* (...args) {
      const pages = [];
      for await (const page of children(...args)) pages.push(page);
      await gate;
      yield* pages;
    };
    await bench.calls.stat('/a');
    await new Promise((resolve) => setTimeout(resolve, 10));
    await act(bench);
    await bench.sync();
    letGo();
    await new Promise((resolve) => setTimeout(resolve, 20));
    bench.memory.children = children;
    const { fs } = bench.opened;
    const handle = await fs.opendir(rootNode, new AbortController().signal);
    const names = fs.readdir(handle, 0, 100).map(({ name }) => name);
    fs.releasedir(handle);
    assert.deepEqual(names.sort(), [...expected]);
  });
}

test('a folder that moves to where its old place was: nothing is lost, nothing goes in circles', async () => {
  await using bench = await Bench.open(always);
  const { store } = bench.memory;
  store.put('b/a/file', 'x');
  await bench.shown();
  store.move('b/a', 'a');
  store.move('b', 'a/b');
  for (let round = 0; round < 4; round += 1) await bench.shown().catch(() => {});
  assert.deepEqual(await bench.shown(), { 'a/': '', 'a/b/': '', 'a/file': 'x' });
});

test('a listing of several pages during which others write loses nothing that is there', async () => {
  await using bench = await Bench.open({ ...always, memory: { pageSize: 5 } });
  const { store } = bench.memory;
  for (let index = 10; index < 40; index += 1) store.put(`file ${index}`, 'x');
  await bench.list();
  const kept = await bench.calls.stat('/file 29');
  let pages = 0;
  bench.memory.before = ({ intent }) => {
    pages += intent === 'page' ? 1 : 0;
    // Everything behind slips forward, from a page not read yet to one that was.
    if (intent === 'page' && pages === 2) for (let index = 10; index < 15; index += 1) store.remove(`file ${index}`);
  };
  const names = await bench.list();
  for (let index = 15; index < 40; index += 1) assert.ok(names.includes(`file ${index}`), `file ${index}`);
  assert.equal((await bench.calls.stat('/file 29')).ino, kept.ino);
  assert.equal((await bench.list()).length, 25);
});

test('30,000 entries in one folder', async () => {
  await using bench = await Bench.open({ memory: { pageSize: 5000 }, fs: { listingAgeMs: 1e9 } });
  const { store } = bench.memory;
  for (let index = 0; index < 30_000; index += 1) store.add('root', `file ${index}`, 'file');
  const before = bench.memory.count();
  assert.equal((await bench.list()).length, 30_000);
  const asked = bench.memory.count() - before;
  assert.ok(asked <= 7, `${asked} requests for 6 pages and the root`);
  assert.equal((await bench.list()).length, 30_000);
  assert.equal(bench.memory.count() - before, asked, 'a second look costs nothing');
});

test('a refresh in the background serves the old answer meanwhile, then the new', async () => {
  await using bench = await Bench.open(always);
  bench.memory.store.put('a', 'a');
  await bench.list();
  const { arrived, letGo } = hold(bench, 'children');
  bench.memory.store.put('b', 'b');
  assert.equal((await bench.calls.stat('/a')).size, 1, 'what is known is told at once');
  await arrived;
  letGo();
  bench.memory.before = undefined;
  assert.equal((await bench.calls.stat('/b')).size, 1);
});

test('one question at a time about a folder, however many ask', async () => {
  await using bench = await Bench.open();
  bench.memory.store.put('f/a', 'a');
  await bench.list();
  const before = bench.memory.count('children');
  await Promise.all(Array.from({ length: 20 }, () => bench.calls.stat('/f/a')));
  assert.equal(bench.memory.count('children'), before + 1);
});

test('a drive that does not answer: what is known is told, and it is not asked on every call', async () => {
  await using bench = await Bench.open(always);
  bench.memory.store.put('f/a', 'a');
  await bench.shown();
  breakDrive(bench);
  await bench.list();
  const before = bench.memory.count('children');
  for (let round = 0; round < 20; round += 1) assert.deepEqual(await bench.list('/f'), ['a']);
  assert.equal(bench.memory.count('children'), before);
});

test('one folder that cannot be listed does not keep the others from being fresh', async () => {
  await using bench = await Bench.open(always);
  bench.memory.store.put('good/a', 'a');
  bench.memory.store.put('bad/a', 'a');
  await bench.shown();
  const bad = bench.memory.store.at('bad').id;
  breakDrive(bench, 'denied', ({ intent, id }) => intent === 'children' && id === bad);
  assert.deepEqual(await bench.list('/bad'), ['a']);
  bench.memory.store.put('good/b', 'b');
  assert.deepEqual(await bench.list('/good'), ['a', 'b']);
});

test('a file system that closes while folders are listed leaves no listing behind', async () => {
  const bench = await Bench.open(always);
  bench.memory.store.put('a', 'a');
  await bench.list();
  const { arrived, letGo } = hold(bench, 'children');
  await bench.calls.stat('/a');
  await arrived;
  await bench[Symbol.asyncDispose]();
  letGo();
  // Anything that still used the closed store would be an unhandled rejection of this file.
  await new Promise((resolve) => setTimeout(resolve, 20));
});
