// What is removed here while it is being made on the drive, and cannot be made as it was meant: it is not made elsewhere.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bench } from '../support/opened.ts';
import { hold } from '../support/queue-steps.ts';

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
