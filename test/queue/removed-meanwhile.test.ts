// What is removed here while it is being made on the drive, and cannot be made as it was meant: it is not made elsewhere.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Bench, toldSoon } from '../support/opened.ts';
import { hold, until } from '../support/queue-steps.ts';

const made: Readonly<Record<string, (bench: Bench) => Promise<unknown>>> = {
  'a file': (b) => b.write('/f/new', 'ours'),
  'a folder': (b) => b.calls.mkdir('/f/new'),
};

for (const [what, make] of Object.entries(made))
  describe(`${what} that is removed while it is being made`, () => {
    const intent = what === 'a file' ? 'upload' : 'makeFolder';
    const remove = (bench: Bench): Promise<unknown> =>
      what === 'a file' ? bench.calls.unlink('/f/new') : bench.calls.rmdir('/f/new');

    test('where somebody else has taken the name', async () => {
      await using bench = await Bench.open();
      bench.memory.store.makeFolder('f');
      await bench.list('/f');
      const { arrived, letGo } = hold(bench, intent);
      await make(bench);
      await arrived;
      bench.memory.store.put('f/new', 'theirs');
      await remove(bench);
      letGo();
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), { 'f/': '', 'f/new': 'theirs' });
      await bench.reopen({ listingAgeMs: 0 });
      assert.deepEqual(await bench.shown(), bench.tree());
    });

    test('where somebody else has removed the folder', async () => {
      await using bench = await Bench.open();
      bench.memory.store.makeFolder('f');
      await bench.list('/f');
      const { arrived, letGo } = hold(bench, intent);
      await make(bench);
      await arrived;
      bench.memory.store.remove('f');
      await remove(bench);
      letGo();
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), {});
      await bench.reopen({ listingAgeMs: 0 });
      assert.deepEqual(await bench.shown(), {});
    });
  });

describe('a file that somebody else removes while it is being renamed, and which is renamed back before that is known', () => {
  for (const [service, options] of Object.entries(toldSoon))
    test(`is gone, ${service}`, async () => {
      await using bench = await Bench.open(options);
      bench.memory.store.put('a', 'old');
      await bench.list();
      await bench.read('/a');
      const { arrived, letGo } = hold(bench, 'move');
      await bench.calls.rename('/a', '/b');
      await arrived;
      bench.memory.store.remove('a');
      const before = bench.memory.calls.length;
      const asked = (): boolean =>
        bench.memory.calls.slice(before).some(({ intent }) => /changes|children/.test(intent));
      await bench.calls.rename('/b', '/a');
      // What is told of it while our renaming is under way is not told again.
      await until(async () => (await bench.list()).length >= 0 && asked());
      letGo();
      assert.deepEqual(await bench.sync(), []);
      const end = Date.now() + 5_000;
      while ((await bench.list()).includes('a') && Date.now() < end) await delay(5);
      assert.deepEqual(await bench.list(), []);
      assert.deepEqual(bench.tree(), {});
    });
});

describe('what somebody else moves out of a folder', () => {
  const services = { 'by listings': {}, 'by a feed': { memory: { features: {}, treeVersions: true } } };
  for (const [service, options] of Object.entries(services))
    test(`that is removed here with all that was in it stays, ${service}`, async () => {
      await using bench = await Bench.open({
        ...options,
        fs: { settleMs: 60_000, listingAgeMs: 1e9, feedIntervalMs: 20 },
      });
      const { store } = bench.memory;
      for (const folder of ['d', 'd/inner', 'e']) store.makeFolder(folder);
      for (const file of ['d/doc', 'd/other', 'd/inner/deep']) store.put(file, file);
      await bench.shown();
      store.move('d/doc', 'e/doc');
      store.move('d/inner', 'e/inner');
      for (const file of ['/d/inner/deep', '/d/doc', '/d/other']) await bench.calls.unlink(file);
      for (const folder of ['/d/inner', '/d']) await bench.calls.rmdir(folder);
      assert.deepEqual(await bench.sync(), []);
      const tree = { 'e/': '', 'e/doc': 'd/doc', 'e/inner/': '', 'e/inner/deep': 'd/inner/deep' };
      assert.deepEqual(bench.tree(), tree);
      const end = Date.now() + 5_000;
      while (!isDeepStrictEqual(await bench.shown(), tree) && Date.now() < end) await delay(5);
      assert.deepEqual(await bench.shown(), tree);
      assert.deepEqual(await bench.opened.check({ remote: true }, AbortSignal.timeout(60_000)), []);
    });
});

describe('a folder that is removed here and made anew, while somebody else puts something into it,', () => {
  for (const isEmpty of [true, false])
    for (const settleMs of [5, 60_000])
      test(`is one folder${isEmpty ? ', which was empty' : ''}; ${settleMs} ms to settle`, async () => {
        await using bench = await Bench.open({ fs: { settleMs } });
        await bench.calls.mkdir('/build');
        if (!isEmpty) await bench.write('/build/old', 'old');
        assert.deepEqual(await bench.sync(), []);
        bench.memory.store.put('build/theirs', 'theirs');
        if (!isEmpty) await bench.calls.unlink('/build/old');
        await bench.calls.rmdir('/build');
        await bench.calls.mkdir('/build');
        await bench.write('/build/new', 'new');
        assert.deepEqual(await bench.sync(), []);
        const tree = { 'build/': '', 'build/new': 'new', 'build/theirs': 'theirs' };
        assert.deepEqual(bench.tree(), tree);
        assert.deepEqual(await bench.shown(), tree);
        assert.deepEqual(await bench.opened.check({ remote: true }, AbortSignal.timeout(60_000)), []);
      });
});
